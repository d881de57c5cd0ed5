package io.machinemanager.api.machine;

import java.util.List;

import io.machinemanager.api.polling.RowSource;
import io.machinemanager.pool.LabelService;

/**
 * The labels in use by name.
 *
 * @param offset how many labels to skip
 */
record LabelRows(LabelService labels, int offset) implements RowSource<LabelView> {

    @Override
    public List<LabelView> first(int limit) {
        return labels.list(offset, limit).stream().map(LabelView::of).toList();
    }

    @Override
    public List<LabelView> after(LabelView last, int limit) {
        return labels.after(last.name(), limit).stream().map(LabelView::of).toList();
    }
}
