package io.machinemanager.api.machine;

import java.util.AbstractCollection;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

import io.machinemanager.api.input.Page;
import io.machinemanager.reservation.PoolService;
import io.machinemanager.reservation.PoolService.Pool;

/**
 * Machines by name, read in batches while they are written to the caller, so that a long list takes no more memory than a
 * short one, and no connection to the database while the caller takes its time.
 */
final class MachineList extends AbstractCollection<MachineView> {

    /** How many machines are in memory at once. */
    static final int BATCH = 2000;

    private final PoolService pool;
    private final Page page;
    private final boolean forAdmin;
    private final List<MachineView> first;

    /** Reads the first batch. */
    MachineList(PoolService pool, Page page, boolean forAdmin) {
        this.pool = pool;
        this.page = page;
        this.forAdmin = forAdmin;
        this.first = views(pool.list(page.offset(), Math.min(page.limit(), BATCH)));
    }

    private List<MachineView> views(Pool batch) {
        return MachineView.of(batch, forAdmin);
    }

    /** All machines, when they are not more than a batch. */
    boolean isShort() {
        return first.size() < BATCH || page.limit() <= BATCH;
    }

    /** The machines of the first batch. */
    List<MachineView> first() {
        return first;
    }

    /** How many machines there are at this moment; while they are read there may be more or less. */
    @Override
    public int size() {
        return isShort() ? first.size() : (int) Math.min(page.limit(), pool.count() - page.offset());
    }

    @Override
    public Iterator<MachineView> iterator() {
        return new Batches();
    }

    private final class Batches implements Iterator<MachineView> {

        private List<MachineView> batch = first;
        private int given;
        private int left = page.limit();

        @Override
        public boolean hasNext() {
            if (given == batch.size() && batch.size() >= BATCH && left > 0) {
                batch = views(pool.after(batch.getLast().name(), Math.min(left, BATCH)));
                given = 0;
            }
            return given < batch.size() && left > 0;
        }

        @Override
        public MachineView next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            left--;
            return batch.get(given++);
        }
    }
}
