package io.machinemanager.api.machine;

import java.util.List;

import io.machinemanager.api.polling.RowSource;
import io.machinemanager.group.MachineAccess;
import io.machinemanager.pool.LabelService;

/**
 * The labels in use by name.
 *
 * @param access the machines that the caller may see
 * @param offset how many labels to skip
 */
record LabelRows(LabelService labels, MachineAccess access, int offset) implements RowSource<LabelView> {

    @Override
    public List<LabelView> first(int limit) {
        return labels.list(access, offset, limit).stream().map(LabelView::of).toList();
    }

    @Override
    public List<LabelView> after(LabelView last, int limit) {
        return labels.after(access, last.name(), limit).stream().map(LabelView::of).toList();
    }
}
