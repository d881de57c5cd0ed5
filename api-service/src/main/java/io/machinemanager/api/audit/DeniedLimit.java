package io.machinemanager.api.audit;

import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;

import io.machinemanager.audit.AuditEvent;

/**
 * Keeps users and faulty programs from filling the audit log with refused calls: in a minute each call of a user is recorded
 * once, and at most {@link #MAX_CALLS} different ones.
 */
final class DeniedLimit {

    /** How many refused calls of a user are recorded in a minute, by each process. */
    static final int MAX_CALLS = 20;

    private static final int MAX_USERS = 10_000;

    private final Cache<String, Set<AuditEvent>> recorded;

    /** @param ticker the clock that measures the minute, in nanoseconds */
    DeniedLimit(Ticker ticker) {
        recorded = Caffeine.newBuilder().maximumSize(MAX_USERS).expireAfterWrite(Duration.ofMinutes(1)).ticker(ticker)
                .executor(Runnable::run).build();
    }

    /** The event to record for a refused call, if any; the last one of a minute says that it is the last. */
    synchronized Optional<AuditEvent> take(String user, AuditEvent event) {
        Set<AuditEvent> events = recorded.get(user, first -> new HashSet<>());
        if (events.size() == MAX_CALLS || !events.add(event)) {
            return Optional.empty();
        }
        return Optional.of(events.size() < MAX_CALLS
                ? event
                : event.detail("the last one of this minute that is written down: " + event.detail()));
    }
}
