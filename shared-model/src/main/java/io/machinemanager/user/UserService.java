package io.machinemanager.user;

import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotFoundException;
import io.quarkus.logging.Log;

/** Creates, reads and changes users, and checks their passwords. Do not call it inside a transaction: it hashes. */
@ApplicationScoped
public class UserService {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final PasswordHasher hasher;
    private final UserConfig config;
    private final AuditLog audit;
    private final TokenStatusCache recent;
    private final Event<PasswordChanged> passwordChanged;
    private final SecureRandom random = new SecureRandom();

    UserService(RetryingTransactions transactions, DatabaseClock clock, PasswordHasher hasher, UserConfig config,
            AuditLog audit, TokenStatusCache recent, Event<PasswordChanged> passwordChanged) {
        this.transactions = transactions;
        this.clock = clock;
        this.hasher = hasher;
        this.config = config;
        this.audit = audit;
        this.recent = recent;
        this.passwordChanged = passwordChanged;
    }

    /**
     * Creates a user.
     *
     * @throws InvalidRequestException when the name or the password is not allowed
     * @throws ConflictException when the name is taken
     */
    public User create(NewUser wanted) {
        UserName.problemWith(wanted.username()).ifPresent(UserService::refuse);
        LoginPassword.problemWith(wanted.password()).ifPresent(UserService::refuse);
        String hash = hasher.hash(wanted.password());
        User created = transactions.call(() -> {
            if (User.byName(wanted.username()).isPresent()) {
                throw new ConflictException("A user named %s exists already.".formatted(wanted.username()));
            }
            audit.record(AuditEvent.of(AuditAction.USER_CREATED, wanted.username())
                    .detail(wanted.admin() ? "as an admin" : null));
            return insert(wanted, hash);
        });
        Log.infof("User %s created%s", created.username, created.admin ? " as an admin" : "");
        return created;
    }

    /**
     * Creates the first admin when there is no admin. Any number of replicas may call it at the same time.
     *
     * @return whether this call created it
     * @throws IllegalStateException when there is no admin and the configured name or password is not valid
     */
    public boolean seedAdmin() {
        if (transactions.call(User::hasAdmin)) {
            return false;
        }
        NewUser admin = new NewUser(config.adminUsername(), config.adminPassword().orElse(""), true);
        UserName.problemWith(admin.username()).or(() -> LoginPassword.problemWith(admin.password()))
                .ifPresent(problem -> {
                    throw new IllegalStateException("The first admin cannot be made of ADMIN_DEFAULT_USERNAME and"
                            + " ADMIN_DEFAULT_PASSWORD. " + problem);
                });
        String hash = hasher.hash(admin.password());
        boolean created = transactions.call(() -> {
            if (User.hasAdmin()) {
                return false;
            }
            // read again: another replica may have created this admin since the line above
            Optional<User> known = User.byName(admin.username());
            if (known.isPresent() && known.get().admin) {
                return false;
            }
            if (known.isPresent()) {
                throw new IllegalStateException("There is no admin, and ADMIN_DEFAULT_USERNAME, %s, is the name of an"
                        .formatted(admin.username()) + " ordinary user.");
            }
            audit.record(
                    AuditEvent.of(AuditAction.USER_CREATED, admin.username()).anonymous().detail("the first admin"));
            insert(admin, hash);
            return true;
        });
        if (created) {
            Log.infof("First admin %s created", admin.username());
        }
        return created;
    }

    /**
     * Lists users by name.
     *
     * @param offset how many to skip
     * @param limit how many at most
     */
    public List<User> list(int offset, int limit) {
        return transactions.call(() -> User.page(offset, limit));
    }

    /** Counts the users. */
    public long count() {
        return transactions.call(() -> User.count());
    }

    /**
     * Reads a user.
     *
     * @throws NotFoundException when there is no user with this name
     */
    public User get(String username) {
        return transactions.call(() -> User.byName(username)).orElseThrow(() -> User.notFound(username));
    }

    /**
     * Checks a name and a password. The duration does not tell whether there is such a user. The caller must limit
     * attempts.
     *
     * @return empty when the name or the password is wrong
     */
    public Optional<UserStatus> identify(String username, String password) {
        Optional<Login> login = transactions.call(() -> User.byName(username)
                .map(user -> new Login(UserStatus.of(user, clock.now()), user.passwordHash)));
        return hasher.matches(password, login.map(Login::passwordHash)) ? login.map(Login::status) : Optional.empty();
    }

    private record Login(UserStatus status, String passwordHash) {

        /** Omits the hash, to keep it out of logs. */
        @Override
        public String toString() {
            return status.username();
        }
    }

    /** The current status of a user; empty when there is no user with this name. */
    public Optional<UserStatus> status(String username) {
        return transactions.call(() -> User.byName(username).map(user -> UserStatus.of(user, clock.now())));
    }

    /**
     * Changes a user. All earlier tokens become invalid; a new password also revokes all API keys and removes all SSH
     * keys.
     *
     * @throws InvalidRequestException when the password is not allowed
     * @throws NotFoundException when there is no such user
     * @throws ConflictException when the last admin would lose the role
     */
    public User change(String username, UserChange change) {
        return change(username, change, current -> {
        });
    }

    /**
     * Changes a user on a condition.
     *
     * @param condition is given the locked user before the change; an exception from it cancels the change
     */
    public User change(String username, UserChange change, Consumer<User> condition) {
        Optional<String> password = Optional.ofNullable(change.password());
        password.flatMap(LoginPassword::problemWith).ifPresent(UserService::refuse);
        Optional<String> hash = password.map(hasher::hash);
        User changed = auditingRefusal(username, () -> {
            List<User> admins = User.lockAdmins();
            User user = User.lockByName(username).orElseThrow(() -> User.notFound(username));
            condition.accept(user);
            boolean admin = change.admin() == null ? user.admin : change.admin();
            if (user.admin && !admin && admins.size() == 1) {
                throw new ConflictException("%s is the last admin and has to stay one.".formatted(username));
            }
            user.admin = admin;
            user.tokenVersion = random.nextLong();
            audit.record(AuditEvent.of(AuditAction.USER_CHANGED, username).detail(change.toString()));
            hash.ifPresent(h -> setPassword(user, h));
            return user;
        });
        Log.infof("User %s changed: %s", username, change);
        return changed;
    }

    /**
     * Changes the caller's own password. All earlier tokens and API keys become invalid, and all SSH keys are removed.
     * The caller of this method must limit attempts.
     *
     * @param caller the user
     * @return whether the current password is right
     * @throws InvalidRequestException when the new password is not allowed
     * @throws ForbiddenException when the current password was changed in the meantime
     */
    public boolean changeOwnPassword(UserStatus caller, String current, String wanted) {
        LoginPassword.problemWith(wanted).ifPresent(UserService::refuse);
        String known = get(caller.username()).passwordHash;
        if (!hasher.matches(current, Optional.of(known))) {
            return false;
        }
        String hash = hasher.hash(wanted);
        changing(() -> {
            User user = User.lockByName(caller.username()).filter(u -> u.passwordHash.equals(known))
                    .orElseThrow(() -> new ForbiddenException("The current password was changed meanwhile."));
            user.tokenVersion = random.nextLong();
            audit.record(AuditEvent.of(AuditAction.PASSWORD_CHANGED, user.username));
            setPassword(user, hash);
            return user;
        });
        Log.infof("User %s changed the password", caller.username());
        return true;
    }

    private void setPassword(User user, String hash) {
        user.passwordHash = hash;
        passwordChanged.fire(new PasswordChanged(user));
    }

    /** Audits a refusal in a transaction of its own, because that of the change is rolled back. */
    private User auditingRefusal(String username, Supplier<User> change) {
        try {
            return changing(change);
        } catch (ConflictException e) {
            transactions.run(() -> audit.record(AuditEvent.of(AuditAction.USER_CHANGED, username)
                    .outcome(AuditOutcome.REFUSED).detail(e.getMessage())));
            throw e;
        }
    }

    /** Clears the cache even after a failure: the change may be committed although the database's answer was lost. */
    private User changing(Supplier<User> change) {
        try {
            return transactions.call(change);
        } finally {
            recent.forget();
        }
    }

    private User insert(NewUser wanted, String passwordHash) {
        User user = new User();
        user.username = wanted.username();
        user.passwordHash = passwordHash;
        user.admin = wanted.admin();
        user.tokenVersion = random.nextLong();
        user.createdAt = clock.now();
        user.persist();
        return user;
    }

    private static void refuse(String problem) {
        throw new InvalidRequestException(problem);
    }
}
