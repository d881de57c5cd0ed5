package io.machinemanager.reservation;

import java.util.List;
import java.util.UUID;

/** Removals that this process has claimed. The claim runs from the moment they were taken up. */
public final class RemovalBatch {

    private final AccountWorker worker;
    private final UUID claim;
    private final List<WorkItem> items;

    RemovalBatch(AccountWorker worker, UUID claim, List<WorkItem> items) {
        this.worker = worker;
        this.claim = claim;
        this.items = items;
    }

    /** How many reservations it is. */
    public int size() {
        return items.size();
    }

    /**
     * Does the work, keeps the claim alive meanwhile, and records what came of it.
     *
     * @param onItemDone is called as soon as the work for one reservation is over, whatever came of it; the calls may
     *        overlap, and one that fails to be recorded counts too
     * @return how many machines are free again
     */
    public int finish(Runnable onItemDone) {
        return worker.remove(claim, items, onItemDone);
    }
}
