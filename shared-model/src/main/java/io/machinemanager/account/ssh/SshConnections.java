package io.machinemanager.account.ssh;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

import io.machinemanager.account.Target;

/**
 * The connections that rest, each for one way to log in to one machine. There are no more open ones, in use or at rest,
 * than the limit says: the one that has rested longest is closed for a new one. Only work that comes while others are
 * being opened ahead of need does not wait for those, and so exceeds it for as long as a log-in takes. A connection to a
 * lent machine stays however long it rests, and the others make room first: the removal of the account may find a server
 * that takes no new log-in, as sshd does for a while after wrong passwords from the same address.
 */
final class SshConnections implements AutoCloseable {

    private record Resting(SshConnection connection, long since, boolean lent) {
    }

    private final int limit;
    private final Duration longestRest;
    private final Executor later;
    private final Map<Target, Resting> resting = new LinkedHashMap<>();
    private final List<Target> inUse = new ArrayList<>();
    private boolean sweepPlanned;
    private boolean closed;

    /**
     * @param limit how many may be open
     * @param longestRest after how long without work one is closed
     */
    SshConnections(int limit, Duration longestRest) {
        this.limit = limit;
        this.longestRest = longestRest;
        this.later = CompletableFuture.delayedExecutor(Math.max(1, longestRest.toMillis() / 2), TimeUnit.MILLISECONDS,
                task -> Thread.ofVirtual().name("ssh-sweep").start(task));
    }

    /**
     * Takes the connection to a machine that rested, if any, and makes room for a new one otherwise. The machine counts as
     * in use until the lease is closed.
     */
    synchronized Lease take(Target target) {
        return lease(target);
    }

    /**
     * Takes the machine in order to open a connection to it ahead of need. One that has a connection at rest is called to
     * mind instead, so that it stays open longer than others.
     *
     * @return nothing when there is a connection, or no room for one
     */
    synchronized Optional<Lease> takeAhead(Target target) {
        Resting kept = resting.get(target);
        if (kept != null && kept.connection.isAlive()) {
            resting.remove(target);
            resting.put(target, new Resting(kept.connection, System.nanoTime(), kept.lent));
            return Optional.empty();
        }
        return closed || inUse.contains(target) || size() >= limit ? Optional.empty() : Optional.of(lease(target));
    }

    private Lease lease(Target target) {
        Resting kept = resting.remove(target);
        inUse.add(target);
        makeRoom();
        return new Lease(target, kept == null ? null : kept.connection, kept != null && kept.lent);
    }

    private void makeRoom() {
        makeRoom(false);
        makeRoom(true);
    }

    private void makeRoom(boolean ofLent) {
        Iterator<Resting> eldest = resting.values().iterator();
        while (eldest.hasNext() && size() > limit) {
            Resting next = eldest.next();
            if (next.lent == ofLent) {
                eldest.remove();
                next.connection.close();
            }
        }
    }

    /** The use of one machine's connection by one thread. */
    final class Lease implements AutoCloseable {

        private final Target target;
        private SshConnection connection;
        private boolean lent;
        private boolean beside;

        private Lease(Target target, SshConnection connection, boolean lent) {
            this.target = target;
            this.connection = connection;
            this.lent = lent;
        }

        /** Notes whether there is an account on the machine that will have to be removed. */
        void lent(boolean isLent) {
            lent = isLent;
        }

        /** Lets the connection stay until another one works, if there is room for both; otherwise it is closed. */
        void keepBeside() {
            beside = connection().isPresent() && roomBeside(target, lent);
            if (!beside) {
                drop();
            }
        }

        /** The connection, unless there is none or it was seen to break. */
        Optional<SshConnection> connection() {
            return Optional.ofNullable(connection).filter(SshConnection::isAlive);
        }

        /** Closes the connection there is. */
        void drop() {
            if (connection != null) {
                connection.close();
                connection = null;
            }
        }

        /** Takes another connection instead of the one there is. */
        SshConnection replace(SshConnection fresh) {
            drop();
            connection = fresh;
            return fresh;
        }

        /** Ends the use; a connection that still works goes to rest. */
        @Override
        public void close() {
            if (connection().isEmpty() || !rest(target, connection, lent)) {
                drop();
            }
            if (beside) {
                end(target);
            }
            end(target);
        }
    }

    private synchronized boolean roomBeside(Target target, boolean lent) {
        inUse.add(target);
        if (lent) {
            makeRoom(false);
        }
        if (size() > limit) {
            inUse.remove(target);
            return false;
        }
        return true;
    }

    private synchronized boolean rest(Target target, SshConnection connection, boolean lent) {
        if (!closed) {
            // A place that is taken again would be that of the one that was there.
            Resting other = resting.remove(target);
            if (other != null) {
                other.connection.close();
            }
            resting.put(target, new Resting(connection, System.nanoTime(), lent));
            planSweep();
        }
        return !closed;
    }

    private synchronized void end(Target target) {
        inUse.remove(target);
        makeRoom();
    }

    private int size() {
        return resting.size() + inUse.size();
    }

    /** How many are at rest. */
    synchronized int resting() {
        return resting.size();
    }

    private void planSweep() {
        if (!sweepPlanned) {
            sweepPlanned = true;
            later.execute(this::sweep);
        }
    }

    private synchronized void sweep() {
        sweepPlanned = false;
        long latest = System.nanoTime() - longestRest.toNanos();
        resting.values().removeIf(rest -> {
            boolean over = !rest.lent && rest.since - latest < 0 || !rest.connection.isAlive();
            if (over) {
                rest.connection.close();
            }
            return over;
        });
        if (!resting.isEmpty()) {
            planSweep();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        resting.values().forEach(rest -> rest.connection.close());
        resting.clear();
    }
}
