package io.machinemanager.auth;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.machinemanager.error.TooManyRequestsException;

/**
 * Limits how many log-ins run at once. Each network has a queue of its own, and only as many of its log-ins as there are
 * slots compete with those of other networks. So a flood from one network does not make the others wait.
 */
final class LoginQueue {

    /** How many log-ins of one network may run or wait. Many users can share an address, such as a class in one room. */
    static final int MAX_PER_NETWORK = 100;

    private static final Duration MAX_WAIT = Duration.ofSeconds(20);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    /** The log-ins of one network; changed inside {@link Map#compute} only. */
    private static final class Network {

        private final Semaphore slots;
        private volatile int members;

        private Network(int slots) {
            this.slots = new Semaphore(slots, true);
        }
    }

    private final int slotCount;
    private final Semaphore slots;
    private final Map<String, Network> networks = new ConcurrentHashMap<>();

    /** @param slotCount how many log-ins may run at once */
    LoginQueue(int slotCount) {
        this.slotCount = slotCount;
        this.slots = new Semaphore(slotCount, true);
    }

    /**
     * Runs work when a slot is free.
     *
     * @param network the key of the client's network
     * @throws TooManyRequestsException when the queue of the network is full, or the wait is too long
     */
    <T> T run(String network, Supplier<T> work) {
        Network entered = enter(network);
        try {
            long deadline = System.nanoTime() + MAX_WAIT.toNanos();
            return withSlot(entered.slots, deadline, () -> withSlot(slots, deadline, work));
        } finally {
            networks.compute(network, (name, left) -> --left.members == 0 ? null : left);
        }
    }

    /** How many log-ins of a network run or wait. */
    int size(String network) {
        Network current = networks.get(network);
        return current == null ? 0 : current.members;
    }

    private Network enter(String network) {
        return networks.compute(network, (name, current) -> {
            Network entered = current == null ? new Network(slotCount) : current;
            if (entered.members == MAX_PER_NETWORK) {
                throw tooMany();
            }
            entered.members++;
            return entered;
        });
    }

    private static <T> T withSlot(Semaphore slots, long deadline, Supplier<T> work) {
        try {
            if (!slots.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw tooMany();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw tooMany();
        }
        try {
            return work.get();
        } finally {
            slots.release();
        }
    }

    private static TooManyRequestsException tooMany() {
        return new TooManyRequestsException("Too many log in at this moment; try again soon.", RETRY_AFTER);
    }
}
