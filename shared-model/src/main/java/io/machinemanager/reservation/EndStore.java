package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.group.LimitsService;
import io.machinemanager.reservation.ReservationEvent.Kind;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/**
 * The transactions of a change of ends. The machines get the new ends in between, under the claim of the request: without
 * it, two changes at once could leave a machine with another end than the database has.
 */
@ApplicationScoped
class EndStore {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final ReservationConfig config;
    private final LimitsService limits;
    private final AccountEnds ends;
    private final SecretBox secrets;
    private final AuditLog audit;

    EndStore(RetryingTransactions transactions, DatabaseClock clock, ReservationConfig config, LimitsService limits,
            AccountEnds ends, SecretBox secrets, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.config = config;
        this.limits = limits;
        this.ends = ends;
        this.secrets = secrets;
        this.audit = audit;
    }

    /**
     * Checks a change of ends and claims the request for it. Changes nothing else.
     *
     * @return the moves; empty, and nothing is claimed, while another worker has claimed the request
     * @throws ConflictException when a reservation is not running
     * @throws InvalidRequestException when the new end is not in the future, or exceeds what the owner may have
     */
    Optional<List<EndMove>> claim(EndScope scope, NewEnd newEnd, UUID claim) {
        return transactions.call(() -> {
            List<Reservation> rows = scope.lock();
            Request request = lockRequest(scope, rows);
            Instant now = clock.now();
            scope.check(request, rows, now);
            List<EndMove> moves = rows.stream().map(row -> move(row, newEnd, now)).toList();
            return claim(request, claim, now) ? Optional.of(moves) : Optional.empty();
        });
    }

    private static Request lockRequest(EndScope scope, List<Reservation> rows) {
        long id = scope.requestId(rows);
        return Request.lockById(id).orElseThrow(() -> Request.notFound(id));
    }

    private boolean claim(Request request, UUID claim, Instant now) {
        if (request.claimedBy != null) {
            return false;
        }
        request.claim(claim, now.plus(config.claim()));
        return true;
    }

    private EndMove move(Reservation row, NewEnd newEnd, Instant now) {
        Instant until = newEnd.checked(row.startedAt, row.reservedUntil, now, longestMinutes(row));
        return new EndMove(item(row, until, now), until, until.isAfter(row.reservedUntil));
    }

    private WorkItem item(Reservation row, Instant until, Instant now) {
        return WorkItem.of(row, config.sudo(), secrets).until(ends.of(row.requestId, until, now));
    }

    private int longestMinutes(Reservation reservation) {
        return limits.of(reservation.ownerId).orElseGet(limits::withoutGroup).longestMinutes();
    }

    /** Checks that ends may still be moved, see {@link EndScope#check}. */
    void check(EndScope scope) {
        transactions.run(() -> {
            List<Reservation> rows = scope.lock();
            scope.check(lockRequest(scope, rows), rows, clock.now());
        });
    }

    /**
     * Moves the ends in the database, which the machines have by now, and ends the claim. The locks on the rows decide
     * between this and the expiry: the first one to get them wins.
     *
     * @param further is given the locked request, for other changes in the same transaction
     * @throws ConflictException when a reservation is not running any more, or the claim was lost
     */
    void move(EndScope scope, List<EndMove> moves, UUID claim, Consumer<Request> further) {
        Map<Long, EndMove> byId = moves.stream()
                .collect(Collectors.toMap(move -> move.item().reservationId(), Function.identity()));
        List<Reservation> moved = transactions.call(() -> {
            List<Reservation> rows = scope.lock();
            Request request = lockRequest(scope, rows);
            Instant now = clock.now();
            scope.check(request, rows, now);
            if (!request.isClaimedBy(claim)) {
                throw new ConflictException("The machines took too long, so nothing is changed; try again.");
            }
            rows.forEach(row -> move(row, byId.get(row.id).until(), now));
            further.accept(request);
            request.clearClaim();
            return rows;
        });
        moved.forEach(row -> Log.infof("Reservation %d on %s: ends at %s now", row.id, row.machineName,
                row.reservedUntil));
    }

    private void move(Reservation row, Instant until, Instant now) {
        row.moveEnd(until);
        ReservationEvent.record(row, now, Kind.EXTENDED, "to " + until);
        audit.record(row.auditEvent(AuditAction.RESERVATION_EXTENDED, "to " + until));
    }

    /**
     * Claims the request of reservations whose machines are to get the present end once more.
     *
     * @param reservationIds reservations of one request
     * @return the accounts of those that run, with that end; empty, and nothing is claimed, when none runs, or another
     *         worker has claimed the request
     */
    List<WorkItem> claimPresentEnds(List<Long> reservationIds, UUID claim) {
        return transactions.call(() -> {
            List<Reservation> rows = Reservation.lockAll(reservationIds);
            Instant now = clock.now();
            List<Reservation> running = rows.stream().filter(row -> row.isRunning(now)).toList();
            if (running.isEmpty() || !claim(Request.lockById(rows.getFirst().requestId).orElseThrow(), claim, now)) {
                return List.of();
            }
            return running.stream().map(row -> item(row, row.reservedUntil, now)).toList();
        });
    }

    /** Ends the claim and changes nothing else. */
    void giveUp(WorkItem item, UUID claim) {
        transactions.run(() -> Reservation.<Reservation>findByIdOptional(item.reservationId())
                .ifPresent(row -> Request.endClaim(row.requestId, claim)));
    }
}
