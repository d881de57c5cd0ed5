package io.machinemanager.account;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Makes, changes and removes accounts on machines. A call may have any mix of tasks for any machines and users.
 *
 * <p>
 * A driver does not use the database, and must not be called inside a transaction, as it waits for the network.
 */
public interface AccountDriver {

    /**
     * Starts tasks and returns at once.
     *
     * @param tasks the tasks; those for the same machine run one after the other
     * @return one future for each task, in the order of the tasks. Each completes as soon as its own machine has
     *         answered, without waiting for slower ones, and at the latest when the time limit of the run is over. A
     *         future completes with an exception only on a bug: every failure of a machine, of the network or of the tools
     *         is an {@link AccountResult}
     */
    List<CompletableFuture<AccountResult>> submit(List<AccountTask> tasks);

    /**
     * Tells the driver which machines may be needed next, so that it can open connections to them ahead of need. Returns
     * at once. A failure to connect is only logged.
     */
    default void prepare(List<Target> targets) {
    }
}
