package io.machinemanager.api.polling;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Lets callers who ask the same thing at the same time share one look. Nobody gets what is older than the question: who asks
 * while a look is under way gets what the next one sees, together with all others who came meanwhile. Looks that follow each
 * other may keep a distance, so that what they cost does not grow with the number of callers.
 *
 * @param <K> what is asked for, by its {@code equals}
 * @param <V> what is seen
 */
final class SharedLooks<K, V> {

    private record Look<V>(Supplier<V> eyes, CompletableFuture<V> seen) {

        void take() {
            try {
                seen.complete(eyes.get());
            } catch (RuntimeException | Error e) {
                seen.completeExceptionally(e);
            }
        }
    }

    /** One who looks at one thing for as long as somebody asks for it. */
    private final class Looker implements Runnable {

        private final K key;
        private Look<V> next;

        Looker(K key) {
            this.key = key;
        }

        @Override
        public void run() {
            boolean wanted = true;
            while (wanted) {
                long began = System.nanoTime();
                upcoming().take();
                wanted = isWanted();
                if (wanted) {
                    rest.accept(began);
                }
            }
        }

        private Look<V> upcoming() {
            synchronized (lookers) {
                Look<V> look = next;
                next = null;
                return look;
            }
        }

        private boolean isWanted() {
            synchronized (lookers) {
                if (next == null) {
                    lookers.remove(key);
                }
                return next != null;
            }
        }
    }

    private final Executor threads;
    private final LongConsumer rest;
    private final Map<K, Looker> lookers = new HashMap<>();

    /**
     * Has nothing to look at yet.
     *
     * @param threads where looks are taken; never the thread of a caller
     * @param rest waits between a look and the next one, when somebody asks for that already, and must not throw; it is
     *        given the {@link System#nanoTime()} at which the look began
     */
    SharedLooks(Executor threads, LongConsumer rest) {
        this.threads = threads;
        this.rest = rest;
    }

    /**
     * What a look sees that has begun after this call, or what it has thrown; all who share it get the same. Does not wait
     * for it.
     *
     * @param look takes it, when it is this caller's that is shared
     */
    CompletableFuture<V> get(K key, Supplier<V> look) {
        synchronized (lookers) {
            Looker looker = lookers.get(key);
            if (looker == null) {
                looker = new Looker(key);
                threads.execute(looker);
                lookers.put(key, looker);
            }
            if (looker.next == null) {
                looker.next = new Look<>(look, new CompletableFuture<>());
            }
            // what its owner does to a copy is no concern of the others
            return looker.next.seen.copy();
        }
    }

    /** How many callers wait for the next look at that. */
    int waiting(K key) {
        synchronized (lookers) {
            Looker looker = lookers.get(key);
            return looker == null || looker.next == null ? 0 : looker.next.seen.getNumberOfDependents();
        }
    }

    /** How many things are being looked at. */
    int size() {
        synchronized (lookers) {
            return lookers.size();
        }
    }
}
