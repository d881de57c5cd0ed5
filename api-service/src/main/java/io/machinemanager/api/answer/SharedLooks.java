package io.machinemanager.api.answer;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Lets callers who ask the same thing at the same time share one look. Nobody gets what is older than the question: who asks
 * while a look is under way waits for the next one, together with all others who came meanwhile.
 *
 * @param <K> what is asked for, by its {@code equals}
 * @param <V> what is seen
 */
final class SharedLooks<K, V> {

    /** Those who look at one thing, and those who wait until they may. */
    private static final class Line<V> {

        private CompletableFuture<V> running = CompletableFuture.completedFuture(null);
        private CompletableFuture<V> waiting;
    }

    private final Map<K, Line<V>> lines = new HashMap<>();

    /**
     * What a look sees that has begun after this call.
     *
     * @param look is called by one of those who ask, in the caller's thread
     * @throws RuntimeException what the look has thrown, which all who share it get
     */
    V get(K key, Supplier<V> look) {
        Line<V> line;
        CompletableFuture<V> mine;
        CompletableFuture<V> before = null;
        synchronized (lines) {
            line = lines.computeIfAbsent(key, absent -> new Line<>());
            if (line.waiting == null) {
                line.waiting = new CompletableFuture<>();
                before = line.running;
            }
            mine = line.waiting;
        }
        if (before != null) {
            // How the look before ended is the others' concern.
            before.handle((seen, failure) -> null).join();
            look(line, mine, look);
            forget(key, line);
        }
        return resultOf(mine);
    }

    private void look(Line<V> line, CompletableFuture<V> mine, Supplier<V> look) {
        synchronized (lines) {
            line.running = mine;
            line.waiting = null;
        }
        try {
            mine.complete(look.get());
        } catch (RuntimeException | Error e) {
            mine.completeExceptionally(e);
        }
    }

    private void forget(K key, Line<V> line) {
        synchronized (lines) {
            if (line.waiting == null && line.running.isDone()) {
                lines.remove(key, line);
            }
        }
    }

    private static <V> V resultOf(CompletableFuture<V> look) {
        try {
            return look.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        }
    }

    /** How many callers wait for the next look at that, whoever is to look among them. */
    int waiting(K key) {
        synchronized (lines) {
            Line<V> line = lines.get(key);
            return line == null || line.waiting == null ? 0 : 1 + line.waiting.getNumberOfDependents();
        }
    }

    /** How many things are being looked at. */
    int size() {
        synchronized (lines) {
            return lines.size();
        }
    }
}
