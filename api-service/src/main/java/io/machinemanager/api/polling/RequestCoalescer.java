package io.machinemanager.api.polling;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Lets callers that ask for the same key at the same time share one load. No caller gets data older than its call: a caller
 * that comes while a load is under way shares the next one, with all others that come meanwhile. So there is one load of a
 * key at a time, however many callers there are, and one caller alone never waits for another one.
 *
 * @param <K> what is asked for, by its {@code equals}
 * @param <V> what is loaded
 */
final class RequestCoalescer<K, V> {

    private static final class Load<V> {

        private CompletableFuture<V> result;
        /** Callers that come from then on do not share the load. */
        private volatile boolean begun;

        Load<V> after(Load<V> last, Supplier<V> loader, Executor threads) {
            CompletableFuture<?> previous = last == null ? CompletableFuture.completedFuture(null) : last.result;
            result = previous.handleAsync((value, failure) -> {
                begun = true;
                return loader.get();
            }, threads);
            return this;
        }
    }

    private final Executor threads;
    /** The last load of each key that has not ended. */
    private final ConcurrentMap<K, Load<V>> loads = new ConcurrentHashMap<>();

    /**
     * Has nothing to load yet.
     *
     * @param threads run the loads; a caller's thread never waits
     */
    RequestCoalescer(Executor threads) {
        this.threads = threads;
    }

    /**
     * The result of a load that begins after this call, or its failure.
     *
     * @param loader loads the value, for all callers that share this caller's load
     */
    CompletableFuture<V> get(K key, Supplier<V> loader) {
        Load<V> own = new Load<>();
        Load<V> load = loads.compute(key,
                (same, last) -> last == null || last.begun ? own.after(last, loader, threads) : last);
        if (load == own) {
            own.result.whenComplete((value, failure) -> loads.remove(key, own));
        }
        // a caller that cancels its copy takes nothing from the others
        return load.result.copy();
    }

    /** How many keys are being loaded. */
    int size() {
        return loads.size();
    }
}
