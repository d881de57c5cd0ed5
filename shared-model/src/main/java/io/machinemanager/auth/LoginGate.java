package io.machinemanager.auth;

import java.util.Optional;
import java.util.function.Supplier;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.error.TooManyRequestsException;

/**
 * Lets passwords be tried within {@link LoginLimits}, and no more at once than are hashed at once: what is sent in parallel
 * is tried one after the other, and refused from the moment when too many have failed.
 */
@ApplicationScoped
class LoginGate {

    private final LoginLimits limits;
    private final LoginQueue queue = new LoginQueue(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));

    LoginGate(LoginLimits limits) {
        this.limits = limits;
    }

    /**
     * Tries a password.
     *
     * @param action what is tried, for the audit
     * @param proof what the right password gives; nothing when it is wrong
     * @throws TooManyRequestsException when it is not tried, because too many failed or too many wait
     */
    <T> Optional<T> pass(LoginAttempt attempt, AuditAction action, Supplier<Optional<T>> proof) {
        // before the queue, so that whoever is locked out takes no place in it
        limits.check(attempt);
        return queue.pass(attempt.everybody(), () -> {
            limits.check(attempt);
            Optional<T> result = proof.get();
            if (result.isEmpty()) {
                limits.failed(attempt, action);
            }
            return result;
        });
    }
}
