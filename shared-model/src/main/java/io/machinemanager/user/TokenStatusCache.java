package io.machinemanager.user;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

import jakarta.enterprise.context.ApplicationScoped;

/**
 * What tokens were good for a moment ago, so that somebody who polls does not cost a query with each call. Whatever this
 * process does to users or tokens counts at once; what another one does, within {@link #LONGEST}.
 */
@ApplicationScoped
public class TokenStatusCache {

    /** How old an answer may be. */
    static final Duration LONGEST = Duration.ofSeconds(1);

    // Each costs some 300 bytes.
    private static final int MOST = 10_000;

    private record Known(UserStatus standing, long since, long change) {
    }

    private final ShortMemory<Object, Known> known = new ShortMemory<>(MOST);
    private final AtomicLong changes = new AtomicLong();
    private final LongSupplier nanoTime;

    TokenStatusCache() {
        this(System::nanoTime);
    }

    /** @param nanoTime as {@link System#nanoTime()} */
    TokenStatusCache(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * What is known about a token, with the database's time carried on to this moment.
     *
     * @param token what names it
     * @return nothing when nothing is known that is recent enough
     */
    public Optional<UserStatus> of(Object token) {
        Known found = known.get(token);
        if (found == null || found.change != changes.get()) {
            return Optional.empty();
        }
        Duration age = Duration.ofNanos(nanoTime.getAsLong() - found.since);
        return age.compareTo(LONGEST) >= 0
                ? Optional.empty()
                : Optional.of(found.standing.at(found.standing.at().plus(age)));
    }

    /** Where the question of what a token is good for begins: whatever changes from here on makes its answer worthless. */
    public Question ask(Object token) {
        return new Question(token, nanoTime.getAsLong(), changes.get());
    }

    /** A question to the database that is under way. */
    public final class Question {

        private final Object token;
        private final long since;
        private final long change;

        private Question(Object token, long since, long change) {
            this.token = token;
            this.since = since;
            this.change = change;
        }

        /** Keeps the answer for others to use. */
        public void answered(UserStatus standing) {
            known.put(token, new Known(standing, since, change));
        }
    }

    /** Forgets everything; to be called when a user or a token was changed, after that was committed. */
    public void forget() {
        changes.incrementAndGet();
        known.clear();
    }
}
