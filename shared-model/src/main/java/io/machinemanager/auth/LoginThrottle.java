package io.machinemanager.auth;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.TooManyRequestsException;
import io.machinemanager.user.User;

/**
 * Limits log-ins, against guessing of passwords and against floods. Wrong passwords are counted in the database, for all
 * replicas together, see {@link LoginAttempt#limits}. {@link LoginQueue} limits how many passwords this process checks at
 * once, so that parallel guesses are counted one after the other too.
 */
@ApplicationScoped
class LoginThrottle {

    /** How long the network of a successful log-in is known as the user's. */
    private static final Duration KNOWN_FOR = Duration.ofDays(30);

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final LoginConfig config;
    private final AuditLog audit;
    private final LoginQueue queue = new LoginQueue(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));

    LoginThrottle(RetryingTransactions transactions, DatabaseClock clock, LoginConfig config, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.config = config;
        this.audit = audit;
    }

    /**
     * Checks a password within the limits.
     *
     * @param action what the password is needed for, for the audit
     * @param check gives a result when the password is right, and empty when it is wrong
     * @throws TooManyRequestsException when the password is not checked: too many were wrong, or too many checks wait
     */
    <T> Optional<T> attempt(LoginAttempt attempt, AuditAction action, Supplier<Optional<T>> check) {
        // before the queue too: a locked-out client must not take a place in it
        refuseLockedOut(attempt);
        return queue.run(attempt.networkKey(), () -> {
            refuseLockedOut(attempt);
            Optional<T> result = check.get();
            if (result.isEmpty()) {
                failed(attempt, action);
            }
            return result;
        });
    }

    /** Does the same work for names of users and for other names, so that its duration does not tell them apart. */
    private void refuseLockedOut(LoginAttempt attempt) {
        transactions.run(() -> {
            Instant now = clock.now();
            List<LoginFailures> counters = LoginFailures.current(attempt.keys(), now);
            boolean known = counters.stream().anyMatch(counter -> counter.id.equals(attempt.knownKey()));
            Map<String, Integer> limits = attempt.limits(config.maxFailures(), known);
            counters.stream()
                    .filter(counter -> counter.failures >= limits.getOrDefault(counter.id, Integer.MAX_VALUE))
                    .map(counter -> counter.expiresAt).max(Instant::compareTo).ifPresent(end -> {
                        throw new TooManyRequestsException("Too many log-ins failed; try again later.",
                                Duration.between(now, end).plusSeconds(1));
                    });
        });
    }

    private void failed(LoginAttempt attempt, AuditAction action) {
        transactions.run(() -> {
            Instant now = clock.now();
            Instant expires = now.plusSeconds(config.lockoutSeconds());
            // only names of users are audited: another name may be a password in the wrong field
            String target = User.byName(attempt.username()).map(user -> user.username).orElse(null);
            audit.record(AuditEvent.of(action, target).outcome(AuditOutcome.REFUSED).anonymous());
            attempt.limits(config.maxFailures(), false).forEach((key, limit) -> {
                if (LoginFailures.increment(key, limit, now, expires) == limit) {
                    audit.record(AuditEvent.of(AuditAction.LOCKED_OUT, key.equals(attempt.networkKey()) ? null : target)
                            .anonymous().detail("%d wrong passwords, for %d s".formatted(limit,
                                    config.lockoutSeconds())));
                }
            });
        });
    }

    /** Clears the failures of the user at this network, and makes the network known; in the caller's transaction. */
    void succeeded(LoginAttempt attempt) {
        LoginFailures.deleteById(attempt.userAtNetworkKey());
        LoginFailures.remember(attempt.knownKey(), clock.now().plus(KNOWN_FOR));
    }

    /** Deletes expired counters. */
    void purge() {
        transactions.run(() -> LoginFailures.delete("expiresAt <= ?1", clock.now()));
    }
}
