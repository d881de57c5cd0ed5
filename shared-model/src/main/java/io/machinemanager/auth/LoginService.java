package io.machinemanager.auth;

import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.InvalidGrantException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.TooManyRequestsException;
import io.machinemanager.user.UserService;
import io.machinemanager.user.UserStatus;

/** Checks passwords of users, within the limits of {@link LoginThrottle}. Do not call it inside a transaction: it hashes. */
@ApplicationScoped
public class LoginService {

    private final RetryingTransactions transactions;
    private final LoginThrottle throttle;
    private final UserService users;
    private final AuditLog audit;

    LoginService(RetryingTransactions transactions, LoginThrottle throttle, UserService users, AuditLog audit) {
        this.transactions = transactions;
        this.throttle = throttle;
        this.users = users;
        this.audit = audit;
    }

    /**
     * Checks a name and a password. The duration does not tell whether there is such a user.
     *
     * @throws InvalidGrantException when the name or the password is wrong
     * @throws TooManyRequestsException when too many attempts failed, or too many wait
     */
    public UserStatus logIn(LoginAttempt attempt, String password) {
        UserStatus user = throttle
                .attempt(attempt, AuditAction.LOGGED_IN, () -> users.identify(attempt.username(), password))
                .orElseThrow(() -> new InvalidGrantException("The user name or the password is wrong."));
        transactions.run(() -> {
            throttle.succeeded(attempt);
            audit.record(AuditEvent.of(AuditAction.LOGGED_IN, user.username()).by(user.username()));
        });
        return user;
    }

    /**
     * Changes the caller's own password. All earlier tokens become invalid.
     *
     * @param caller the user
     * @throws InvalidRequestException when the new password is not allowed
     * @throws ForbiddenException when the current one is wrong
     * @throws TooManyRequestsException when too many attempts failed, or too many wait
     */
    public void changePassword(UserStatus caller, Optional<String> address, String current, String wanted) {
        throttle.attempt(new LoginAttempt(caller.username(), address), AuditAction.PASSWORD_CHANGED,
                () -> users.changeOwnPassword(caller, current, wanted) ? Optional.of(caller) : Optional.empty())
                .orElseThrow(() -> new ForbiddenException("The current password is wrong."));
    }

    /** Deletes expired counters of failures. */
    public void purge() {
        throttle.purge();
    }
}
