package io.machinemanager.api.polling;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;

/**
 * Lets callers that ask for the same key at the same time share one load. No caller gets data older than its call: a caller
 * that comes while a load is under way shares the next one, with all others that come meanwhile. So there is one load of a
 * key at a time, however many callers there are, and one caller alone never waits.
 *
 * @param <K> what is asked for, by its {@code equals}
 * @param <V> what is loaded
 */
final class RequestCoalescer<K, V> {

    private static final class Load<V> {

        private final CompletableFuture<V> result = new CompletableFuture<>();
        private CompletableFuture<V> previous;
        /** Callers that come from then on do not share the load. */
        private volatile boolean begun;

        Load<V> after(Load<V> last) {
            previous = last == null ? CompletableFuture.completedFuture(null) : last.result;
            return this;
        }

        void run(Supplier<V> loader) {
            previous.exceptionally(failure -> null).join();
            // the loads of a busy key would make a chain that is never collected
            previous = null;
            // callers that are ready to run join first; for a caller alone this takes no time
            Thread.yield();
            begun = true;
            try {
                result.complete(loader.get());
            } catch (Throwable e) {
                // the callers that share the load must not wait for ever
                result.completeExceptionally(e);
            }
        }
    }

    /** The last load of each key that has not ended. */
    private final ConcurrentMap<K, Load<V>> loads = new ConcurrentHashMap<>();

    /**
     * Waits for a load that begins after this call, and gives what it returns or throws.
     *
     * @param loader loads the value, on the thread of the first of the callers that share the load
     */
    V get(K key, Supplier<V> loader) {
        Load<V> own = new Load<>();
        Load<V> load = loads.compute(key, (same, last) -> last == null || last.begun ? own.after(last) : last);
        if (load == own) {
            try {
                own.run(loader);
            } finally {
                loads.remove(key, own);
            }
        }
        return result(load);
    }

    private static <V> V result(Load<V> load) {
        try {
            return load.result.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                default -> throw e;
            }
        }
    }

    /** How many keys are being loaded. */
    int size() {
        return loads.size();
    }
}
