package io.machinemanager.auth;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;

import org.apache.commons.codec.digest.DigestUtils;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.InvalidGrantException;
import io.machinemanager.error.InvalidTokenException;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.user.TokenStatusCache;
import io.machinemanager.user.TokenStatusCache.Question;
import io.machinemanager.user.User;
import io.machinemanager.user.UserStatus;

/** Checks access tokens, renews sessions with refresh tokens, and revokes them. Do not call it inside a transaction. */
@ApplicationScoped
public class SessionService {

    /** The prefix of refresh tokens, which secret scanners recognise. */
    static final String PREFIX = "mmr_";

    /** How long a used refresh token gives the same answer again. */
    static final Duration REUSE_GRACE = Duration.ofSeconds(30);

    private final EntityManager entityManager;
    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final RandomSecret secrets;
    private final SecretBox box;
    private final LoginConfig config;
    private final AuditLog audit;
    private final TokenStatusCache recent;

    SessionService(EntityManager entityManager, RetryingTransactions transactions, DatabaseClock clock,
            RandomSecret secrets, SecretBox box, LoginConfig config, AuditLog audit, TokenStatusCache recent) {
        this.entityManager = entityManager;
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.box = box;
        this.config = config;
        this.audit = audit;
        this.recent = recent;
    }

    /**
     * Returns the current status of the user of a token. Each call of the API needs it, so it is one query.
     *
     * @param ids the ids of the token and of its session, if it has one
     * @return empty when there is no such user, or the token or its session was revoked
     */
    public Optional<UserStatus> status(String username, List<String> ids) {
        Question question = recent.ask(token(username, ids));
        List<?> rows = transactions.call(() -> entityManager.createNativeQuery("""
                select u.id, u.is_admin, u.token_version, utc_timestamp(6) from users u
                where u.username = ?1 and not exists (select 1 from revoked_tokens r where r.id in (?2))""")
                .setParameter(1, username).setParameter(2, ids).getResultList());
        Optional<UserStatus> status = rows.stream().findFirst().map(row -> status(username, (Object[]) row));
        status.ifPresent(question::answered);
        return status;
    }

    /**
     * Returns what {@link #status} returned for the token within the last second, without a query. Empty when this process
     * has changed a user or revoked a token since.
     */
    public Optional<UserStatus> recentStatus(String username, List<String> ids) {
        return recent.of(token(username, ids));
    }

    private static Object token(String username, List<String> ids) {
        return List.of(username, ids);
    }

    private static UserStatus status(String username, Object[] row) {
        return new UserStatus(((Number) row[0]).longValue(), username, (Boolean) row[1], ((Number) row[2]).longValue(),
                ((LocalDateTime) row[3]).toInstant(ZoneOffset.UTC));
    }

    /**
     * Starts a session of a user who has just logged in.
     *
     * @throws InvalidGrantException when the user was deleted since
     */
    public LoginSession begin(UserStatus user) {
        return transactions.call(() -> {
            if (User.findById(user.userId()) == null) {
                throw new InvalidGrantException("The user does not exist any more.");
            }
            return issue(user, UUID.randomUUID().toString(), clock.now().plus(Duration.ofDays(config.refreshDays())),
                    secrets.next(PREFIX));
        });
    }

    /**
     * Exchanges a refresh token for the next one. During {@link #REUSE_GRACE} a used token gives the same next token again,
     * because the first answer may have been lost, but only until the next token was used. Any other reuse means that the
     * token was stolen: the session is revoked, see RFC 9700, section 4.14.2.
     *
     * @param accessLifetime the lifetime of access tokens
     * @throws InvalidTokenException when the token is not valid
     */
    public LoginSession refresh(String refreshToken, Duration accessLifetime) {
        return revoking(() -> RefreshToken.lock(DigestUtils.sha256Hex(refreshToken))
                .flatMap(token -> next(token, refreshToken, accessLifetime)))
                .orElseThrow(() -> new InvalidTokenException(
                        "The refresh token is not valid, or not any more; log in again."));
    }

    private Optional<LoginSession> next(RefreshToken token, String secret, Duration accessLifetime) {
        Instant now = clock.now();
        User user = User.findById(token.userId);
        if (!token.expiresAt.isAfter(now) || token.tokenVersion != user.tokenVersion) {
            return Optional.empty();
        }
        List<String> successors = box.derive("refresh token", secret).stream()
                .map(bytes -> RandomSecret.text(PREFIX, bytes)).toList();
        if (token.usedAt == null) {
            token.usedAt = now;
            audit.record(AuditEvent.of(AuditAction.TOKEN_REFRESHED, user.username).by(user.username));
            return Optional.of(issue(status(user, now), token.sessionId, token.expiresAt, successors.getFirst()));
        }
        Optional<LoginSession> again = now.isBefore(token.usedAt.plus(REUSE_GRACE))
                ? successors.stream().filter(SessionService::isUnused).findFirst()
                        .map(next -> new LoginSession(token.sessionId, status(user, token.usedAt), next,
                                token.expiresAt,
                                now))
                : Optional.empty();
        if (again.isPresent()) {
            audit.record(AuditEvent.of(AuditAction.TOKEN_REFRESHED, user.username).by(user.username)
                    .detail("the same tokens again"));
        } else {
            revoke(token.sessionId, Collections.max(List.of(token.expiresAt, now.plus(accessLifetime))));
            audit.record(
                    AuditEvent.of(AuditAction.TOKEN_REFRESHED, user.username).anonymous().outcome(AuditOutcome.REFUSED)
                            .detail("a refresh token was shown a second time; its session was ended"));
        }
        return again;
    }

    private static boolean isUnused(String refreshToken) {
        return RefreshToken.lock(DigestUtils.sha256Hex(refreshToken)).filter(token -> token.usedAt == null).isPresent();
    }

    private static UserStatus status(User user, Instant at) {
        return new UserStatus(user.id, user.username, user.admin, user.tokenVersion, at);
    }

    private static LoginSession issue(UserStatus user, String sessionId, Instant expires, String secret) {
        RefreshToken token = new RefreshToken();
        token.sessionId = sessionId;
        token.userId = user.userId();
        token.tokenVersion = user.tokenVersion();
        token.tokenHash = DigestUtils.sha256Hex(secret);
        token.expiresAt = expires;
        token.persist();
        return new LoginSession(sessionId, user, secret, expires, user.at());
    }

    /**
     * Revokes a token, and its session if it has one.
     *
     * @param user the user of the token
     * @param tokenId the id of the token
     * @param sessionId the id of its session
     * @param end when all tokens issued until now have expired
     */
    public void logOut(UserStatus user, String tokenId, Optional<String> sessionId, Instant end) {
        revoking(() -> {
            RevokedToken.revoke(tokenId, end);
            sessionId.ifPresent(
                    session -> revoke(session, Collections.max(List.of(RefreshToken.endOf(session).orElse(end), end))));
            audit.record(AuditEvent.of(AuditAction.LOGGED_OUT, user.username()));
            return user;
        });
    }

    /** Clears the cache even after a failure: the transaction may be committed although the database's answer was lost. */
    private <T> T revoking(Supplier<T> work) {
        try {
            return transactions.call(work);
        } finally {
            recent.forget();
        }
    }

    private static void revoke(String sessionId, Instant end) {
        RefreshToken.delete("sessionId", sessionId);
        RevokedToken.revoke(sessionId, end);
    }

    /** Deletes expired tokens. */
    public void purge() {
        transactions.run(() -> {
            Instant now = clock.now();
            RefreshToken.delete("expiresAt <= ?1", now);
            RevokedToken.delete("expiresAt <= ?1", now);
        });
    }
}
