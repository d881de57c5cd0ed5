package io.machinemanager.database;

import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;

/** Work without a part in a transaction that is done once the transaction is committed, and not when it is rolled back. */
public record AfterCommit(Runnable work) implements Synchronization {

    @Override
    public void beforeCompletion() {
        // the transaction may still be rolled back
    }

    @Override
    public void afterCompletion(int status) {
        if (status == Status.STATUS_COMMITTED) {
            work.run();
        }
    }
}
