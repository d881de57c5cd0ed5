package io.machinemanager.auth;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
 * Ends guessing at passwords. Failures are counted for each user at each address, and more generously for each user and
 * for each address alone. The latter two do not concern a user at an address where it logged in before: so nobody
 * elsewhere can lock it out there.
 */
@ApplicationScoped
class LoginLimits {

    /** How much more is taken when either the user or the address differs. */
    static final int GENEROSITY = 10;

    /** For how long an address is known as the user's. */
    private static final Duration KNOWN = Duration.ofDays(30);

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final LoginConfig config;
    private final AuditLog audit;

    LoginLimits(RetryingTransactions transactions, DatabaseClock clock, LoginConfig config, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.config = config;
        this.audit = audit;
    }

    /**
     * Makes sure that the attempt may be made. It takes the same for names that are users' and names that are not.
     *
     * @throws TooManyRequestsException when too many like it failed lately
     */
    void check(LoginAttempt attempt) {
        transactions.run(() -> {
            Instant now = clock.now();
            List<LoginFailures> counters = LoginFailures.current(
                    List.of(attempt.pair(), attempt.account(), attempt.everybody(), attempt.known()), now);
            boolean known = counters.stream().anyMatch(counter -> counter.id.equals(attempt.known()));
            Map<String, Integer> limits = limits(attempt, known);
            counters.stream()
                    .filter(counter -> counter.failures >= limits.getOrDefault(counter.id, Integer.MAX_VALUE))
                    .map(counter -> counter.expiresAt).max(Instant::compareTo).ifPresent(end -> {
                        throw new TooManyRequestsException("Too many log-ins failed; try again later.",
                                Duration.between(now, end).plusSeconds(1));
                    });
        });
    }

    /** Counts an attempt that failed, and writes it down. */
    void failed(LoginAttempt attempt, AuditAction action) {
        transactions.run(() -> {
            Instant now = clock.now();
            Instant expires = now.plusSeconds(config.lockoutSeconds());
            // a name that is nobody's is not written down: it may be a password in the wrong field
            String target = User.byName(attempt.username()).map(user -> user.username).orElse(null);
            audit.record(AuditEvent.of(action, target).outcome(AuditOutcome.REFUSED).bySomebody());
            limits(attempt, false).forEach((counter, limit) -> {
                if (LoginFailures.count(counter, limit, now, expires) == limit) {
                    audit.record(
                            AuditEvent.of(AuditAction.LOCKED_OUT, counter.equals(attempt.everybody()) ? null : target)
                                    .bySomebody().detail("%d wrong passwords, for %d s".formatted(limit,
                                            config.lockoutSeconds())));
                }
            });
        });
    }

    /** Forgets the failures of a user at an address, where it is known from now on; in the caller's transaction. */
    void succeeded(LoginAttempt attempt) {
        LoginFailures.deleteById(attempt.pair());
        LoginFailures.keep(attempt.known(), clock.now().plus(KNOWN));
    }

    /** Forgets what is over. */
    void purge() {
        transactions.run(() -> LoginFailures.delete("expiresAt <= ?1", clock.now()));
    }

    private Map<String, Integer> limits(LoginAttempt attempt, boolean known) {
        Map<String, Integer> limits = new LinkedHashMap<>();
        limits.put(attempt.pair(), config.maxFailures());
        if (!known) {
            limits.put(attempt.account(), config.maxFailures() * GENEROSITY);
            limits.put(attempt.everybody(), config.maxFailures() * GENEROSITY);
        }
        return limits;
    }
}
