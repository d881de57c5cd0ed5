package io.machinemanager.api.audit;

import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

import io.machinemanager.audit.AuditEvent;
import io.machinemanager.user.ShortMemory;

/**
 * Keeps a user, or a program that knows no better, from filling the audit with calls that are refused: the same one is
 * written down once a minute, and of different ones {@link #MOST}.
 */
final class DeniedLimit {

    /** How many refused calls of a user are written down in a minute, by each process. */
    static final int MOST = 20;

    private static final long MINUTE = Duration.ofMinutes(1).toNanos();
    private static final int MOST_USERS = 10_000;

    private final ShortMemory<String, Minute> users = new ShortMemory<>(MOST_USERS);
    private final LongSupplier nanoTime;

    private record Minute(long since, Set<AuditEvent> written) {
    }

    /** @param nanoTime as {@link System#nanoTime()} */
    DeniedLimit(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** What is to be written down of a refused call, if anything is; the last one of a minute says that it is. */
    synchronized Optional<AuditEvent> take(String user, AuditEvent act) {
        Set<AuditEvent> written = minuteOf(user).written;
        if (written.size() == MOST || !written.add(act)) {
            return Optional.empty();
        }
        return Optional.of(written.size() < MOST
                ? act
                : act.detail("the last one of this minute that is written down: " + act.detail()));
    }

    private Minute minuteOf(String user) {
        long now = nanoTime.getAsLong();
        Minute known = users.get(user);
        if (known != null && now - known.since < MINUTE) {
            return known;
        }
        Minute begun = new Minute(now, new HashSet<>());
        users.put(user, begun);
        return begun;
    }
}
