package io.machinemanager.reservation;

import java.util.List;
import java.util.UUID;

/** Removals that this process has claimed. The time of the claim runs already. */
public final class RemovalBatch {

    private final AccountWorker worker;
    private final UUID claim;
    private final List<WorkItem> items;

    RemovalBatch(AccountWorker worker, UUID claim, List<WorkItem> items) {
        this.worker = worker;
        this.claim = claim;
        this.items = items;
    }

    /** The number of reservations. */
    public int size() {
        return items.size();
    }

    /**
     * Removes the accounts, renews the claim meanwhile, and records the results.
     *
     * @param onItemDone is called when the work for one reservation is over, whether it succeeded, failed or could not be
     *        recorded; calls may overlap
     * @return how many machines are free again
     */
    public int finish(Runnable onItemDone) {
        return worker.remove(claim, items, onItemDone);
    }
}
