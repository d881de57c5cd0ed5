package io.machinemanager.api.machine;

import java.util.List;

import io.machinemanager.api.polling.RowSource;
import io.machinemanager.pool.PoolService;
import io.machinemanager.selector.Selector;

/**
 * The machines by name.
 *
 * @param selector which machines
 * @param offset how many machines to skip
 * @param forAdmin whether they are shown to an admin
 */
record MachineRows(PoolService pool, Selector selector, int offset,
        boolean forAdmin) implements RowSource<MachineView> {

    @Override
    public List<MachineView> first(int limit) {
        return MachineView.of(pool.list(selector, offset, limit), forAdmin);
    }

    @Override
    public List<MachineView> after(MachineView last, int limit) {
        return MachineView.of(pool.after(selector, last.name(), limit), forAdmin);
    }
}
