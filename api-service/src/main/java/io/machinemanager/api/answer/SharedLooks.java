package io.machinemanager.api.answer;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Lets callers who ask the same thing at the same time share one look. Nobody gets what is older than the question: who asks
 * while a look is under way gets what the next one sees, together with all others who came meanwhile.
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
            for (Look<V> look = upcoming(); look != null; look = upcoming()) {
                look.take();
            }
        }

        private Look<V> upcoming() {
            synchronized (lookers) {
                Look<V> look = next;
                next = null;
                if (look == null) {
                    lookers.remove(key);
                }
                return look;
            }
        }
    }

    private final Executor threads;
    private final Map<K, Looker> lookers = new HashMap<>();

    /**
     * Has nothing to look at yet.
     *
     * @param threads where looks are taken; never the thread of a caller
     */
    SharedLooks(Executor threads) {
        this.threads = threads;
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
