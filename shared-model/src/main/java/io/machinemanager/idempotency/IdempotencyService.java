package io.machinemanager.idempotency;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.DomainException;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.reservation.ClaimRenewed;
import io.machinemanager.reservation.CompensationRetrier;
import io.machinemanager.reservation.Lease;
import io.machinemanager.reservation.LeaseRecorder;
import io.machinemanager.reservation.ReservationConfig;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.reservation.ReservationSpec;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.user.User;

/**
 * Makes reservations idempotent: a request that is repeated with the same key reserves nothing and gets the first answer,
 * as in the IETF draft on the {@code Idempotency-Key} header. A failed request reserved nothing, so its key may be reused.
 */
@ApplicationScoped
public class IdempotencyService {

    /** How long an answer is stored. */
    static final Duration RETENTION = Duration.ofHours(24);

    private static final Duration POLL_INTERVAL = Duration.ofMillis(200);

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final ObjectMapper json;
    private final ReservationService reservations;
    private final CompensationRetrier compensations;
    private final Duration claimDuration;
    private final Duration maxWait;

    IdempotencyService(RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets, ObjectMapper json,
            ReservationService reservations, CompensationRetrier compensations, ReservationConfig config) {
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.json = json;
        this.reservations = reservations;
        this.compensations = compensations;
        this.claimDuration = config.claim();
        // trying further machines, the last try, and releasing all of them
        this.maxWait = config.provisioningTimeout().multipliedBy(3);
    }

    /**
     * Reserves, or returns the answer of the first request with this key, and waits for it while that is in progress. When
     * the worker of the first request died, its reservations are released, and this request reserves anew.
     *
     * @param requestKey the key, 1 to 255 characters
     * @param spec the request
     * @throws InvalidRequestException when the request is not valid
     * @throws ConflictException when the key was used for a different request, or the first request takes too long
     */
    public Lease reserve(String requestKey, ReservationSpec spec) {
        reservations.check(spec);
        UUID requestId = UUID.randomUUID();
        KeyRecorder recorder = new KeyRecorder(requestKey, spec, requestId);
        long deadline = System.nanoTime() + maxWait.toNanos();
        while (true) {
            switch (transactions.call(() -> claim(requestKey, spec, requestId))) {
                case Answered(Lease first) -> {
                    return first;
                }
                case Claimed(Optional<String> abandoned) -> {
                    abandoned.ifPresent(reservations::releaseRequest);
                    if (abandoned.isEmpty() || recorder.renew()) {
                        return work(recorder);
                    }
                }
                case InProgress() -> {
                    if (System.nanoTime() > deadline) {
                        throw new ConflictException("The first request with this Idempotency-Key is still worked on.");
                    }
                    LockSupport.parkNanos(POLL_INTERVAL.toNanos());
                }
            }
        }
    }

    /** Deletes old answers. */
    public void purge() {
        transactions.run(() -> IdempotencyKey.delete("createdAt < ?1", clock.now().minus(RETENTION)));
    }

    private KeyState claim(String requestKey, ReservationSpec spec, UUID requestId) {
        Instant now = clock.now();
        if (User.findById(spec.requester().userId()) == null) {
            throw new ForbiddenException("The user %s does not exist any more.".formatted(spec.requester().name()));
        }
        Optional<IdempotencyKey> known = IdempotencyKey.lock(spec.requester().userId(), requestKey);
        if (known.isEmpty()) {
            IdempotencyKey key = new IdempotencyKey();
            key.userId = spec.requester().userId();
            key.requestKey = requestKey;
            key.asked = secrets.seal(key.secretOwner(), write(spec));
            key.createdAt = now;
            key.claim(requestId, now.plus(claimDuration));
            key.persist();
            return new Claimed(Optional.empty());
        }
        IdempotencyKey key = known.get();
        if (!secrets.open(key.secretOwner(), key.asked).equals(write(spec))) {
            throw new ConflictException("This Idempotency-Key was already used for another request.");
        }
        if (key.answer != null) {
            key.given = true;
            return new Answered(read(secrets.open(key.secretOwner(), key.answer)));
        }
        if (key.isInProgress(now)) {
            return new InProgress();
        }
        String abandoned = key.requestId;
        key.claim(requestId, now.plus(claimDuration));
        return new Claimed(Optional.of(abandoned));
    }

    private Lease work(KeyRecorder recorder) {
        try {
            return reservations.reserve(recorder.spec, recorder.requestId, recorder);
        } catch (DomainException e) {
            forget(recorder, e);
            throw e;
        } catch (RuntimeException e) {
            compensations.retry("Request " + recorder.requestId, recorder::forget, e);
            throw e;
        }
    }

    /** A request that failed with a domain error reserved nothing. If this fails too, the key is free when its claim runs out. */
    private static void forget(KeyRecorder recorder, RuntimeException cause) {
        try {
            recorder.forget();
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    /** Renews the claim on the key together with that on the reservations of its request. */
    void onClaimRenewed(@Observes ClaimRenewed claim) {
        IdempotencyKey.renew(claim.ownerId(), claim.requestId(), claim.until());
    }

    private final class KeyRecorder implements LeaseRecorder {

        private final String requestKey;
        private final ReservationSpec spec;
        private final UUID requestId;

        private KeyRecorder(String requestKey, ReservationSpec spec, UUID requestId) {
            this.requestKey = requestKey;
            this.spec = spec;
            this.requestId = requestId;
        }

        @Override
        public void keep(Lease lease) {
            IdempotencyKey key = claimedKey().orElseThrow(
                    () -> new ConflictException("Another request with this Idempotency-Key took over."));
            key.answer = secrets.seal(key.secretOwner(), write(lease));
        }

        @Override
        public boolean forget() {
            return transactions.call(() -> {
                Optional<IdempotencyKey> key = claimedKey();
                boolean given = key.filter(k -> k.given).isPresent();
                if (!given) {
                    key.ifPresent(IdempotencyKey::delete);
                }
                return !given;
            });
        }

        /** Renews the claim after the removals, which may have outlasted it; false when another request has taken over. */
        private boolean renew() {
            return transactions.call(() -> {
                Optional<IdempotencyKey> key = claimedKey();
                key.ifPresent(k -> k.claim(requestId, clock.now().plus(claimDuration)));
                return key.isPresent();
            });
        }

        private Optional<IdempotencyKey> claimedKey() {
            return IdempotencyKey.lock(spec.requester().userId(), requestKey)
                    .filter(key -> key.requestId.equals(requestId.toString()));
        }
    }

    private String write(Object value) {
        try {
            return json.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private Lease read(String lease) {
        try {
            return json.readValue(lease, Lease.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The state of a key for a request that comes with it. */
    private sealed interface KeyState {
    }

    /** The first request has succeeded. */
    private record Answered(Lease first) implements KeyState {
    }

    /** This request works under the key; an earlier one whose worker died may have left reservations. */
    private record Claimed(Optional<String> abandoned) implements KeyState {
    }

    /** Another request works under the key. */
    private record InProgress() implements KeyState {
    }
}
