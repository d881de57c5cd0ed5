package io.machinemanager.auth;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.machinemanager.error.TooManyRequestsException;

/**
 * Lets no more log-ins through at once than there are slots, and each network no more than would fill them. The others
 * of a network wait in a line of its own, so that however many it sends, whoever comes from elsewhere waits for those
 * that are under way and not for its line.
 */
final class LoginQueue {

    /**
     * How many of one network may be under way and in line. Many users can share one address, so this is what a room full
     * of people does at the same time.
     */
    static final int MOST_OF_A_NETWORK = 100;

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final int slots;
    private final Semaphore free;
    private final Map<String, Line> lines = new ConcurrentHashMap<>();

    /** One network's log-ins; changed inside {@link Map#compute} only. */
    private static final class Line {

        private final Semaphore turns;
        private volatile int members;

        private Line(int turns) {
            this.turns = new Semaphore(turns, true);
        }
    }

    /** @param slots how many may be under way at once */
    LoginQueue(int slots) {
        this.slots = slots;
        this.free = new Semaphore(slots, true);
    }

    /**
     * Does the work when it is its turn.
     *
     * @param network what names the client's network
     * @throws TooManyRequestsException when too many of the network are in line, or its turn does not come soon
     */
    <T> T pass(String network, Supplier<T> work) {
        Line line = join(network);
        try {
            return inTurn(line.turns, System.nanoTime() + PATIENCE.toNanos(), work);
        } finally {
            lines.compute(network, (name, left) -> --left.members == 0 ? null : left);
        }
    }

    /** How many of a network are under way and in line. */
    int of(String network) {
        Line line = lines.get(network);
        return line == null ? 0 : line.members;
    }

    private Line join(String network) {
        return lines.compute(network, (name, known) -> {
            Line line = known == null ? new Line(slots) : known;
            if (line.members == MOST_OF_A_NETWORK) {
                throw tooMany();
            }
            line.members++;
            return line;
        });
    }

    private <T> T inTurn(Semaphore turns, long end, Supplier<T> work) {
        acquire(turns, end);
        try {
            acquire(free, end);
            try {
                return work.get();
            } finally {
                free.release();
            }
        } finally {
            turns.release();
        }
    }

    private static void acquire(Semaphore semaphore, long end) {
        try {
            if (semaphore.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw tooMany();
    }

    private static TooManyRequestsException tooMany() {
        return new TooManyRequestsException("Too many log in at this moment; try again soon.", RETRY_AFTER);
    }
}
