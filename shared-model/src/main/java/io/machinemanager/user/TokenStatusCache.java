package io.machinemanager.user;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

import jakarta.enterprise.context.ApplicationScoped;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;

/**
 * The status of the users whose tokens were checked within the last second, so that a client that polls does not cost a
 * query with each call. A change that this process makes to users or tokens counts at once; a change by another process
 * counts after {@link #LONGEST} at the latest.
 */
@ApplicationScoped
public class TokenStatusCache {

    /** How old a cached status may be. */
    static final Duration LONGEST = Duration.ofSeconds(1);

    // Each costs some 300 bytes.
    private static final int MAX_ENTRIES = 10_000;

    private record Entry(UserStatus status, long since) {
    }

    private final LongSupplier nanoTime;
    private volatile Cache<Object, Entry> entries;

    TokenStatusCache() {
        this(System::nanoTime);
    }

    /** @param nanoTime as {@link System#nanoTime()} */
    TokenStatusCache(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.entries = empty();
    }

    /**
     * The cached status of a token's user, with the database's time carried on to this moment.
     *
     * @param token identifies the token by its {@code equals}
     * @return nothing when no recent status is cached
     */
    public Optional<UserStatus> of(Object token) {
        return Optional.ofNullable(entries.getIfPresent(token)).flatMap(this::recent);
    }

    private Optional<UserStatus> recent(Entry entry) {
        Duration age = Duration.ofNanos(nanoTime.getAsLong() - entry.since);
        return age.compareTo(LONGEST) < 0
                ? Optional.of(entry.status.at(entry.status.at().plus(age)))
                : Optional.empty();
    }

    /** Has to be called before the database is asked for a token: a change from here on makes its answer obsolete. */
    public Question ask(Object token) {
        return new Question(entries, token, nanoTime.getAsLong());
    }

    /** A question to the database that is under way. It keeps the cache that was in use when it began. */
    public static final class Question {

        private final Cache<Object, Entry> entries;
        private final Object token;
        private final long since;

        private Question(Cache<Object, Entry> entries, Object token, long since) {
            this.entries = entries;
            this.token = token;
            this.since = since;
        }

        /** Caches the answer, unless {@link #forget} was called meanwhile. */
        public void answered(UserStatus status) {
            entries.put(token, new Entry(status, since));
        }
    }

    /**
     * Clears the cache; has to be called when a user or a token was changed, after the commit. The cache is replaced, so that
     * an answer to a question from before the change ends up in the old one.
     */
    public void forget() {
        entries = empty();
    }

    private static Cache<Object, Entry> empty() {
        return Caffeine.newBuilder().maximumSize(MAX_ENTRIES).executor(Runnable::run).build();
    }
}
