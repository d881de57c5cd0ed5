package io.machinemanager.user;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What may be forgotten at any time, and is remembered to spare finding it out again. When it is full all is forgotten,
 * which costs less than to keep account of what was used last.
 *
 * @param <K> the questions
 * @param <V> the answers
 */
public final class ShortMemory<K, V> {

    private final int most;
    private final Map<K, V> known = new ConcurrentHashMap<>();

    /** @param most about how many answers are kept */
    public ShortMemory(int most) {
        this.most = most;
    }

    /** The answer; null when it is not remembered. */
    public V get(K question) {
        return known.get(question);
    }

    /** Remembers an answer. */
    public void put(K question, V answer) {
        if (known.size() >= most) {
            known.clear();
        }
        known.put(question, answer);
    }

    /** Forgets everything. */
    public void clear() {
        known.clear();
    }
}
