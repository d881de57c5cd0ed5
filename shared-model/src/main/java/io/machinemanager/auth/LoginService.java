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

/** Takes passwords of users, within limits. None of this may be called inside a transaction. */
@ApplicationScoped
public class LoginService {

    private final RetryingTransactions transactions;
    private final LoginGate gate;
    private final LoginLimits limits;
    private final UserService users;
    private final AuditLog audit;

    LoginService(RetryingTransactions transactions, LoginGate gate, LoginLimits limits, UserService users,
            AuditLog audit) {
        this.transactions = transactions;
        this.gate = gate;
        this.limits = limits;
        this.users = users;
        this.audit = audit;
    }

    /**
     * Checks a name and a password. It takes the same work whether there is such a user or not.
     *
     * @throws InvalidGrantException when they do not fit
     * @throws TooManyRequestsException when too many did not fit lately
     */
    public UserStatus logIn(LoginAttempt attempt, String password) {
        UserStatus user = gate.pass(attempt, AuditAction.LOGGED_IN, () -> users.identify(attempt.username(), password))
                .orElseThrow(() -> new InvalidGrantException("The user name or the password is wrong."));
        transactions.run(() -> {
            limits.succeeded(attempt);
            audit.record(AuditEvent.of(AuditAction.LOGGED_IN, user.username()).by(user.username()));
        });
        return user;
    }

    /**
     * Changes one's own password. All tokens given out before stop working.
     *
     * @param caller who changes the password
     * @throws InvalidRequestException when the new password is not allowed
     * @throws ForbiddenException when the current one is wrong
     * @throws TooManyRequestsException when too many were wrong lately
     */
    public void changePassword(UserStatus caller, Optional<String> address, String current, String wanted) {
        gate.pass(new LoginAttempt(caller.username(), address), AuditAction.PASSWORD_CHANGED,
                () -> users.changeOwnPassword(caller, current, wanted) ? Optional.of(caller) : Optional.empty())
                .orElseThrow(() -> new ForbiddenException("The current password is wrong."));
    }

    /** Forgets failures that are long ago. */
    public void purge() {
        limits.purge();
    }
}
