package io.machinemanager.api.machine;

import java.util.List;

import io.machinemanager.api.polling.RowSource;
import io.machinemanager.pool.MachineQuery;
import io.machinemanager.pool.PoolService;

/**
 * The machines by name.
 *
 * @param query which machines
 * @param offset how many machines to skip
 * @param forAdmin whether they are shown to an admin
 */
record MachineRows(PoolService pool, MachineQuery query, int offset,
        boolean forAdmin) implements RowSource<MachineView> {

    @Override
    public List<MachineView> first(int limit) {
        return MachineView.of(pool.list(query, offset, limit), forAdmin);
    }

    @Override
    public List<MachineView> after(MachineView last, int limit) {
        return MachineView.of(pool.after(query, last.name(), limit), forAdmin);
    }
}
