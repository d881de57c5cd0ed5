package io.machinemanager.account;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Makes and removes accounts on machines. Any mix of tasks for any machines and users may be given; tasks given while
 * others are under way share the next run.
 *
 * <p>
 * A driver never touches the database and must never be called inside a transaction: it waits for the network.
 */
public interface AccountDriver {

    /**
     * Starts the given work.
     *
     * @param tasks what is to be done; at most one task for each machine at a time makes sense, since a machine works
     *        on one task after the other
     * @return one future for each task, in the order of the tasks. Each completes as soon as its own machine has
     *         answered, without waiting for slower ones, and at the latest when the run's deadline has passed. A future
     *         completes with an exception only on a bug; every failure of a machine, of the network or of the tools is an
     *         {@link AccountResult}
     */
    List<CompletableFuture<AccountResult>> submit(List<AccountTask> tasks);

    /**
     * Says which machines may be wanted next, so that a driver that keeps connections open can open them ahead of need.
     * Returns at once, and nothing comes of a machine that does not answer.
     */
    default void prepare(List<Target> targets) {
    }
}
