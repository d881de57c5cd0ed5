package io.machinemanager.user;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.ssh.SshPublicKey;

/** Reads and replaces the SSH public keys of users. */
@ApplicationScoped
public class UserSshKeyService {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final AuditLog audit;

    UserSshKeyService(RetryingTransactions transactions, DatabaseClock clock, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.audit = audit;
    }

    /**
     * Lists the keys of a user, by name.
     *
     * @throws NotFoundException when there is no such user
     */
    public List<UserSshKey> list(String owner) {
        return transactions
                .call(() -> UserSshKey.of(User.byName(owner).orElseThrow(() -> User.notFound(owner)).id));
    }

    /** The keys of a user as lines of {@code authorized_keys}; empty when the user has none, or does not exist. */
    public Optional<String> linesOf(long userId) {
        return transactions.call(() -> Optional.of(UserSshKey.of(userId)).filter(keys -> !keys.isEmpty())
                .map(keys -> keys.stream().map(key -> key.publicKey).collect(Collectors.joining("\n"))));
    }

    /**
     * Replaces all keys of the caller.
     *
     * @param caller the caller, by the token of the call
     * @param condition is given the current keys before the change; an exception from it cancels the change
     * @return the new keys, by name
     * @throws InvalidRequestException when there are too many keys, or two have the same name or are the same
     * @throws ForbiddenException when the user was changed or deleted since the token was checked
     */
    public List<UserSshKey> replaceOwn(UserStatus caller, List<NewSshKey> wanted,
            Consumer<List<UserSshKey>> condition) {
        return replace(() -> User.lockByName(caller.username())
                .filter(found -> found.tokenVersion == caller.tokenVersion())
                .orElseThrow(() -> new ForbiddenException("The user was changed or deleted meanwhile.")), wanted,
                condition);
    }

    /**
     * Replaces all keys of a user, as {@link #replaceOwn} does.
     *
     * @throws NotFoundException when there is no such user
     */
    public List<UserSshKey> replace(String owner, List<NewSshKey> wanted, Consumer<List<UserSshKey>> condition) {
        return replace(() -> User.lockByName(owner).orElseThrow(() -> User.notFound(owner)), wanted, condition);
    }

    private List<UserSshKey> replace(Supplier<User> owner, List<NewSshKey> wanted,
            Consumer<List<UserSshKey>> condition) {
        NewSshKey.check(wanted);
        return transactions.call(() -> {
            User user = owner.get();
            List<UserSshKey> current = UserSshKey.of(user.id);
            condition.accept(current);
            replace(user, current, wanted);
            UserSshKey.flush();
            return UserSshKey.of(user.id);
        });
    }

    /** Keeps the keys that do not change, with the time since when they are known. */
    private void replace(User user, List<UserSshKey> current, List<NewSshKey> wanted) {
        Map<String, NewSshKey> missing = wanted.stream()
                .collect(Collectors.toMap(NewSshKey::name, Function.identity()));
        List<UserSshKey> unwanted = new ArrayList<>();
        for (UserSshKey key : current) {
            NewSshKey same = missing.get(key.name);
            if (same != null && same.key().line().equals(key.publicKey)) {
                missing.remove(key.name);
            } else {
                unwanted.add(key);
            }
        }
        unwanted.forEach(key -> remove(user, key));
        // before the new ones: a key may get the name of one that goes
        UserSshKey.flush();
        missing.values().forEach(key -> add(user, key));
    }

    /** Removes all keys of the user: an attacker who knew the password may have added some. */
    void removeAll(@Observes PasswordChanged change) {
        UserSshKey.of(change.user().id).forEach(key -> remove(change.user(), key));
    }

    private void remove(User user, UserSshKey key) {
        key.delete();
        record(AuditAction.SSH_KEY_REMOVED, user, key.name, key.key());
    }

    private void add(User user, NewSshKey wanted) {
        UserSshKey key = new UserSshKey();
        key.userId = user.id;
        key.name = wanted.name();
        key.publicKey = wanted.key().line();
        key.createdAt = clock.now();
        key.persist();
        record(AuditAction.SSH_KEY_ADDED, user, key.name, wanted.key());
    }

    private void record(AuditAction action, User user, String name, SshPublicKey key) {
        audit.record(AuditEvent.of(action, name).detail("of %s, %s".formatted(user.username, key.fingerprint())));
    }
}
