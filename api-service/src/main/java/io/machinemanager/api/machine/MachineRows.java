package io.machinemanager.api.machine;

import java.util.List;

import io.machinemanager.api.polling.RowSource;
import io.machinemanager.group.MachineAccess;
import io.machinemanager.pool.PoolService;

/**
 * The machines by name.
 *
 * @param offset how many machines to skip
 * @param access which machines the caller may see
 * @param forAdmin whether they are shown to an admin
 */
record MachineRows(PoolService pool, int offset, MachineAccess access,
        boolean forAdmin) implements RowSource<MachineView> {

    @Override
    public List<MachineView> first(int limit) {
        return MachineView.of(pool.list(access, offset, limit), forAdmin);
    }

    @Override
    public List<MachineView> after(MachineView last, int limit) {
        return MachineView.of(pool.after(access, last.name(), limit), forAdmin);
    }
}
