package io.machinemanager.reservation;

import java.util.concurrent.atomic.AtomicBoolean;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.FailureLog;
import io.machinemanager.database.RetryingTransactions;

/**
 * Tells the schedulers through the database that the queue may be served: a machine may be free, or a request has left the
 * queue. A signal that gets lost with its process does no harm, since the schedulers also plan every second while a request
 * waits.
 */
@ApplicationScoped
public class QueueSignal {

    private final RetryingTransactions transactions;
    private final AtomicBoolean pending = new AtomicBoolean();

    QueueSignal(RetryingTransactions transactions) {
        this.transactions = transactions;
    }

    /** Signals soon, once for all calls until then. Call it after the transaction that made the change. */
    public void machinesChanged() {
        if (pending.compareAndSet(false, true)) {
            Thread.ofVirtual().name("queue-signal").start(this::signal);
        }
    }

    private void signal() {
        pending.set(false);
        try {
            transactions.run(() -> {
                if (Request.isAnyQueued()) {
                    QueueState.signal();
                }
            });
        } catch (RuntimeException e) {
            FailureLog.log("Signalling that machines may be free failed", e);
        }
    }
}
