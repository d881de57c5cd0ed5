package io.machinemanager.auth;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.persistence.EntityManager;

import org.apache.commons.codec.digest.DigestUtils;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.user.PasswordChanged;
import io.machinemanager.user.User;
import io.machinemanager.user.UserStatus;

/** Creates, checks and revokes API keys, with which programs act for a user. */
@ApplicationScoped
public class ApiKeyService {

    /** The prefix of keys. It tells them from tokens, and secret scanners recognise it. */
    public static final String PREFIX = "mm_";

    /** How many keys a user may have. */
    static final int MAX_KEYS = 50;

    private final EntityManager entityManager;
    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final RandomSecret secrets;
    private final AuditLog audit;

    ApiKeyService(EntityManager entityManager, RetryingTransactions transactions, DatabaseClock clock,
            RandomSecret secrets, AuditLog audit) {
        this.entityManager = entityManager;
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.audit = audit;
    }

    /**
     * Creates a key.
     *
     * @param owner the caller, by the token of the call
     * @throws ForbiddenException when the key is to have admin rights and its owner has none, or when the owner was changed
     *         or deleted since the token was checked
     * @throws ConflictException when the owner has a key with this name, or too many keys
     */
    public CreatedApiKey create(UserStatus owner, NewApiKey wanted) {
        String secret = secrets.next(PREFIX);
        return transactions.call(() -> {
            User user = User.lockByName(owner.username())
                    .filter(found -> found.tokenVersion == owner.tokenVersion())
                    .orElseThrow(() -> new ForbiddenException("The user was changed or deleted meanwhile."));
            if (wanted.admin() && !user.admin) {
                throw new ForbiddenException("Only an admin's API key may act as an admin.");
            }
            checkNewKey(user, wanted.name());
            ApiKey key = new ApiKey();
            key.userId = user.id;
            key.name = wanted.name();
            key.keyHash = DigestUtils.sha256Hex(secret);
            key.admin = wanted.admin();
            key.createdAt = clock.now();
            key.expiresAt = key.createdAt.plus(wanted.lifetime());
            key.persist();
            audit.record(
                    AuditEvent.of(AuditAction.API_KEY_CREATED, key.name)
                            .detail("of %s, %s, until %s".formatted(user.username,
                                    key.admin ? "as an admin" : "as a user", key.expiresAt)));
            return new CreatedApiKey(key, secret);
        });
    }

    private static void checkNewKey(User user, String name) {
        if (ApiKey.byName(user.id, name).isPresent()) {
            throw new ConflictException("An API key named %s exists already.".formatted(name));
        }
        if (ApiKey.of(user.id).size() >= MAX_KEYS) {
            throw new ConflictException(
                    "%s has %d API keys already; delete one first.".formatted(user.username, MAX_KEYS));
        }
    }

    /**
     * Lists the keys of a user, by name.
     *
     * @throws NotFoundException when there is no such user
     */
    public List<ApiKey> list(String owner) {
        return transactions.call(() -> ApiKey.of(user(owner).id));
    }

    /**
     * Revokes a key.
     *
     * @throws NotFoundException when there is no such user, or no such key
     */
    public void revoke(String owner, String name) {
        transactions.run(() -> {
            ApiKey.byName(user(owner).id, name).orElseThrow(
                    () -> new NotFoundException("%s has no API key named %s.".formatted(owner, name))).delete();
            audit.record(AuditEvent.of(AuditAction.API_KEY_REVOKED, name).detail("of " + owner));
        });
    }

    /** Revokes all keys of the user: an attacker who knew the password may have created some. */
    void revokeAll(@Observes PasswordChanged change) {
        ApiKey.of(change.user().id).forEach(key -> {
            key.delete();
            audit.record(AuditEvent.of(AuditAction.API_KEY_REVOKED, key.name)
                    .detail("of %s, whose password was changed".formatted(change.user().username)));
        });
    }

    private static User user(String name) {
        return User.byName(name).orElseThrow(() -> User.notFound(name));
    }

    /** Checks a key, with one query; empty when it is not valid. */
    public Optional<ApiKeyStatus> status(String secret) {
        List<?> rows = transactions.call(() -> entityManager.createNativeQuery("""
                select k.name, u.id, u.username, u.is_admin and k.is_admin, u.token_version, utc_timestamp(6)
                from api_keys k join users u on u.id = k.user_id
                where k.key_hash = ?1 and k.expires_at > utc_timestamp(6)""")
                .setParameter(1, DigestUtils.sha256Hex(secret)).getResultList());
        return rows.stream().findFirst().map(row -> status((Object[]) row));
    }

    private static ApiKeyStatus status(Object[] row) {
        boolean admin = row[3] instanceof Boolean b ? b : ((Number) row[3]).intValue() != 0;
        return new ApiKeyStatus((String) row[0], new UserStatus(((Number) row[1]).longValue(), (String) row[2], admin,
                ((Number) row[4]).longValue(), ((LocalDateTime) row[5]).toInstant(ZoneOffset.UTC)));
    }

    /** Deletes expired keys. */
    public void purge() {
        transactions.run(() -> {
            ApiKey.delete("expiresAt <= ?1", clock.now());
        });
    }
}
