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
 * Lets a request that is repeated with the same key reserve once and get the first answer again, in the manner of the
 * IETF draft on the {@code Idempotency-Key} header. A request that failed holds nothing, so its key may be used again.
 */
@ApplicationScoped
public class IdempotencyService {

    /** For how long an answer is kept. */
    static final Duration RETENTION = Duration.ofHours(24);

    private static final Duration POLL = Duration.ofMillis(200);

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final ObjectMapper json;
    private final ReservationService reservations;
    private final CompensationRetrier owed;
    private final Duration claim;
    private final Duration longestWork;

    IdempotencyService(RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets, ObjectMapper json,
            ReservationService reservations, CompensationRetrier owed, ReservationConfig config) {
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.json = json;
        this.reservations = reservations;
        this.owed = owed;
        this.claim = config.claim();
        // trying further machines, then the last try, then taking all back
        this.longestWork = config.provisioningTimeout().multipliedBy(3);
    }

    /**
     * Reserves, or gives the answer of the request that came first with this key; waits for it while it is worked on. When
     * the service that worked on it died, whatever it had reserved is given back before the work is done anew.
     *
     * @param requestKey the key, 1 to 255 characters
     * @param order what is to be reserved
     * @throws InvalidRequestException when the order is not one that can be met
     * @throws ConflictException when the borrower used the key for another order, or the first request takes too long
     */
    public Lease reserve(String requestKey, ReservationSpec order) {
        reservations.check(order);
        UUID requestId = UUID.randomUUID();
        Keeper keeper = new Keeper(requestKey, order, requestId);
        long giveUpAt = System.nanoTime() + longestWork.toNanos();
        while (true) {
            switch (transactions.call(() -> start(requestKey, order, requestId))) {
                case Answered(Lease first) -> {
                    return first;
                }
                case Ours(Optional<String> abandoned) -> {
                    abandoned.ifPresent(reservations::releaseRequest);
                    if (abandoned.isEmpty() || keeper.renew()) {
                        return work(keeper);
                    }
                }
                case Busy() -> {
                    if (System.nanoTime() > giveUpAt) {
                        throw new ConflictException("The first request with this Idempotency-Key is still worked on.");
                    }
                    LockSupport.parkNanos(POLL.toNanos());
                }
            }
        }
    }

    /** Forgets answers that are older than the time they are kept for. */
    public void purge() {
        transactions.run(() -> IdempotencyKey.delete("createdAt < ?1", clock.now().minus(RETENTION)));
    }

    private Start start(String requestKey, ReservationSpec order, UUID requestId) {
        Instant now = clock.now();
        if (User.findById(order.borrower().userId()) == null) {
            throw new ForbiddenException("The user %s does not exist any more.".formatted(order.borrower().name()));
        }
        Optional<IdempotencyKey> known = IdempotencyKey.lock(order.borrower().userId(), requestKey);
        if (known.isEmpty()) {
            IdempotencyKey key = new IdempotencyKey();
            key.userId = order.borrower().userId();
            key.requestKey = requestKey;
            key.asked = secrets.seal(key.secretOwner(), write(order));
            key.createdAt = now;
            key.claim(requestId, now.plus(claim));
            key.persist();
            return new Ours(Optional.empty());
        }
        IdempotencyKey key = known.get();
        if (!secrets.open(key.secretOwner(), key.asked).equals(write(order))) {
            throw new ConflictException("This Idempotency-Key was already used for another request.");
        }
        if (key.answer != null) {
            key.given = true;
            return new Answered(read(secrets.open(key.secretOwner(), key.answer)));
        }
        if (key.isWorkedOn(now)) {
            return new Busy();
        }
        String abandoned = key.requestId;
        key.claim(requestId, now.plus(claim));
        return new Ours(Optional.of(abandoned));
    }

    private Lease work(Keeper keeper) {
        try {
            return reservations.reserve(keeper.order, keeper.requestId, keeper);
        } catch (DomainException e) {
            forget(keeper, e);
            throw e;
        } catch (RuntimeException e) {
            owed.insist("Request " + keeper.requestId, keeper::forget, e);
            throw e;
        }
    }

    /** A request that failed in an orderly way holds nothing; when this fails too, the claim has to run out first. */
    private static void forget(Keeper keeper, RuntimeException cause) {
        try {
            keeper.forget();
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    /** The claim on a key lasts as long as the claim on the reservations of its request. */
    void claimRenewed(@Observes ClaimRenewed claim) {
        IdempotencyKey.renew(claim.ownerId(), claim.requestId(), claim.until());
    }

    private final class Keeper implements LeaseRecorder {

        private final String requestKey;
        private final ReservationSpec order;
        private final UUID requestId;

        private Keeper(String requestKey, ReservationSpec order, UUID requestId) {
            this.requestKey = requestKey;
            this.order = order;
            this.requestId = requestId;
        }

        @Override
        public void keep(Lease lease) {
            IdempotencyKey key = held().orElseThrow(
                    () -> new ConflictException("Another request with this Idempotency-Key took over."));
            key.answer = secrets.seal(key.secretOwner(), write(lease));
        }

        @Override
        public boolean forget() {
            return transactions.call(() -> {
                Optional<IdempotencyKey> held = held();
                boolean given = held.filter(key -> key.given).isPresent();
                if (!given) {
                    held.ifPresent(IdempotencyKey::delete);
                }
                return !given;
            });
        }

        /** Removals can outlast the claim; false when another request has taken over since. */
        private boolean renew() {
            return transactions.call(() -> {
                Optional<IdempotencyKey> held = held();
                held.ifPresent(key -> key.claim(requestId, clock.now().plus(claim)));
                return held.isPresent();
            });
        }

        private Optional<IdempotencyKey> held() {
            return IdempotencyKey.lock(order.borrower().userId(), requestKey)
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

    private sealed interface Start {
    }

    private record Answered(Lease first) implements Start {
    }

    private record Ours(Optional<String> abandoned) implements Start {
    }

    private record Busy() implements Start {
    }
}
