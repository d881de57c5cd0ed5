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
 * A pool of SSH connections, with at most one idle connection for each way to log in to a machine. The limit counts
 * borrowed and idle connections together; for a new connection, the pool closes the one that has been idle longest.
 *
 * <p>
 * Two rules differ from an ordinary pool. Work never waits for connections that are being opened ahead of need, so the
 * limit may be exceeded for as long as a log-in takes. And a connection to a machine with an account of ours does not
 * expire, and other connections are closed before it: the removal of the account may find a server that takes no new
 * log-in, as sshd does for a while after wrong passwords from the same address (PerSourcePenalties in sshd_config(5)).
 */
final class SshConnections implements AutoCloseable {

    /**
     * @param since when it became idle, as {@link System#nanoTime}
     * @param reserved whether there is an account of ours on the machine
     */
    private record Idle(SshConnection connection, long since, boolean reserved) {
    }

    private final int limit;
    private final Duration maxIdle;
    private final Executor afterDelay;
    private final Map<Target, Idle> idle = new LinkedHashMap<>();
    private final List<Target> borrowed = new ArrayList<>();
    private boolean expiryPlanned;
    private boolean closed;

    /**
     * @param limit how many connections may be open, at least 1
     * @param maxIdle after how long without work a connection is closed
     */
    SshConnections(int limit, Duration maxIdle) {
        this.limit = limit;
        this.maxIdle = maxIdle;
        this.afterDelay = CompletableFuture.delayedExecutor(Math.max(1, maxIdle.toMillis() / 2), TimeUnit.MILLISECONDS,
                task -> Thread.ofVirtual().name("ssh-expiry").start(task));
    }

    /**
     * Acquires a machine's place in the pool, with the idle connection to it if there is one. The place counts until the
     * borrowed connection is closed.
     */
    synchronized BorrowedConnection acquire(Target target) {
        return borrow(target);
    }

    /**
     * Acquires a machine's place in order to open a connection ahead of need. An idle connection to the machine counts as
     * used just now, so that it stays open longer than others.
     *
     * @return empty when the machine has a connection, or when there is no free place
     */
    synchronized Optional<BorrowedConnection> acquireAhead(Target target) {
        Idle kept = idle.get(target);
        if (kept != null && kept.connection.isAlive()) {
            idle.remove(target);
            idle.put(target, new Idle(kept.connection, System.nanoTime(), kept.reserved));
            return Optional.empty();
        }
        return closed || borrowed.contains(target) || size() >= limit ? Optional.empty() : Optional.of(borrow(target));
    }

    private BorrowedConnection borrow(Target target) {
        Idle kept = idle.remove(target);
        borrowed.add(target);
        evict();
        return new BorrowedConnection(target, kept == null ? null : kept.connection, kept != null && kept.reserved);
    }

    /** Closes idle connections until the limit is met; those to machines with an account of ours last. */
    private void evict() {
        evict(false);
        evict(true);
    }

    private void evict(boolean reserved) {
        Iterator<Idle> eldest = idle.values().iterator();
        while (eldest.hasNext() && size() > limit) {
            Idle next = eldest.next();
            if (next.reserved == reserved) {
                eldest.remove();
                next.connection.close();
            }
        }
    }

    /** A place in the pool, and the connection in it, while one thread uses it. */
    final class BorrowedConnection implements AutoCloseable {

        private final Target target;
        private SshConnection connection;
        private boolean reserved;
        private boolean hasSecondPlace;

        private BorrowedConnection(Target target, SshConnection connection, boolean reserved) {
            this.target = target;
            this.connection = connection;
            this.reserved = reserved;
        }

        /** Notes whether there is an account on the machine that will have to be removed. */
        void setReserved(boolean isReserved) {
            reserved = isReserved;
        }

        /** Keeps the connection open until {@link #replace}, if the limit allows both; otherwise closes it now. */
        void keepUntilReplaced() {
            hasSecondPlace = connection().isPresent() && acquireSecondPlace(target, reserved);
            if (!hasSecondPlace) {
                discard();
            }
        }

        /** The connection; empty when there is none or it was seen to break. */
        Optional<SshConnection> connection() {
            return Optional.ofNullable(connection).filter(SshConnection::isAlive);
        }

        /** Closes the connection, if there is one. The place stays acquired. */
        void discard() {
            if (connection != null) {
                connection.close();
                connection = null;
            }
        }

        /** Closes the connection, if there is one, and puts another in its place. */
        SshConnection replace(SshConnection fresh) {
            discard();
            connection = fresh;
            return fresh;
        }

        /** Releases the place. A connection that still works becomes idle; another one is closed. */
        @Override
        public void close() {
            if (connection().isEmpty() || !makeIdle(target, connection, reserved)) {
                discard();
            }
            if (hasSecondPlace) {
                release(target);
            }
            release(target);
        }
    }

    private synchronized boolean acquireSecondPlace(Target target, boolean reserved) {
        borrowed.add(target);
        if (reserved) {
            evict(false);
        }
        if (size() > limit) {
            borrowed.remove(target);
            return false;
        }
        return true;
    }

    private synchronized boolean makeIdle(Target target, SshConnection connection, boolean reserved) {
        if (!closed) {
            // Removed first, because put() would leave the entry at the old one's place in the order of the map.
            Idle other = idle.remove(target);
            if (other != null) {
                other.connection.close();
            }
            idle.put(target, new Idle(connection, System.nanoTime(), reserved));
            planExpiry();
        }
        return !closed;
    }

    private synchronized void release(Target target) {
        borrowed.remove(target);
        evict();
    }

    private int size() {
        return idle.size() + borrowed.size();
    }

    /** How many connections are idle. */
    synchronized int idleCount() {
        return idle.size();
    }

    private void planExpiry() {
        if (!expiryPlanned) {
            expiryPlanned = true;
            afterDelay.execute(this::closeExpired);
        }
    }

    private synchronized void closeExpired() {
        expiryPlanned = false;
        long oldest = System.nanoTime() - maxIdle.toNanos();
        idle.values().removeIf(next -> {
            boolean expired = !next.reserved && next.since - oldest < 0 || !next.connection.isAlive();
            if (expired) {
                next.connection.close();
            }
            return expired;
        });
        if (!idle.isEmpty()) {
            planExpiry();
        }
    }

    /** Closes all idle connections, and from now on each borrowed one at its release. */
    @Override
    public synchronized void close() {
        closed = true;
        idle.values().forEach(next -> next.connection.close());
        idle.clear();
    }
}
