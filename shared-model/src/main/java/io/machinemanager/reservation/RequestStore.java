package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.FailureLog;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.GoneException;
import io.machinemanager.error.NotFoundException;
import io.quarkus.logging.Log;

/** The ways in which requests end or go back to the queue, each one short transaction. */
@ApplicationScoped
class RequestStore {

    private static final int LONGEST_PAUSE_STEP = 3;
    private static final String WORKER_LOST = "The service that made its accounts stopped.";
    private static final String NOT_KEPT_ALIVE = "It was not kept alive.";

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final ReleaseStore releases;
    private final ReservationConfig config;
    private final RequestEnd ends;
    private final QueueSignal queue;
    private final AuditLog audit;

    RequestStore(RetryingTransactions transactions, DatabaseClock clock, ReleaseStore releases,
            ReservationConfig config, RequestEnd ends, QueueSignal queue, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.releases = releases;
        this.config = config;
        this.ends = ends;
        this.queue = queue;
        this.audit = audit;
    }

    /**
     * What became of a request whose accounts could not be made.
     *
     * @param removals the accounts to remove, under the claim of the request
     * @param queued whether the request waits again
     */
    record GivenUp(List<WorkItem> removals, boolean queued) {

        private static final GivenUp NOTHING = new GivenUp(List.of(), false);

        /** Another worker took over: a request that waits is still served. */
        private static GivenUp takenOver(Request request) {
            return new GivenUp(List.of(), request.waits());
        }
    }

    /** Who gives up a request. */
    enum Worker {
        /** A call that was told that it failed although the request may have been admitted. */
        REFUSED_CALL,
        /** A call that makes the accounts and waits for the answer. */
        CALL,
        /** The queue. */
        QUEUE
    }

    /**
     * Gives up what a worker has begun. The request goes back to the queue if it waits for machines and a further try may
     * succeed; otherwise it is over. Nothing is changed when the worker has lost its claim, since another worker serves the
     * request or put it back into the queue, or when the request succeeded, only the database's answer was lost, and the
     * owner may have been told since.
     *
     * @param claim the worker's claim
     * @param reason why, as a sentence
     * @param mayRetry whether a further try may succeed
     */
    GivenUp giveUp(long requestId, Worker worker, UUID claim, String reason, boolean mayRetry) {
        return transactions.call(() -> lock(requestId)
                .map(locked -> giveUp(locked, worker, claim, reason, mayRetry)).orElse(GivenUp.NOTHING));
    }

    private GivenUp giveUp(Locked locked, Worker worker, UUID claim, String reason, boolean mayRetry) {
        Instant now = clock.now();
        Request open = locked.request;
        // a repeated call was told that the request waits, so it must go on
        boolean isKnown = worker == Worker.REFUSED_CALL && open.answerGiven;
        return switch (open.state) {
            case PROVISIONING -> open.isClaimedBy(claim)
                    ? giveUp(locked, claim, reason, open.waits() && (mayRetry || isKnown), now)
                    : GivenUp.takenOver(open);
            case ACTIVE -> worker == Worker.QUEUE ? GivenUp.NOTHING : takeBackAnswer(locked, claim);
            case QUEUED -> worker == Worker.REFUSED_CALL && !isKnown
                    ? leaveQueue(open, reason, now)
                    : GivenUp.takenOver(open);
            default -> GivenUp.NOTHING;
        };
    }

    private GivenUp giveUp(Locked locked, UUID claim, String reason, boolean again, Instant now) {
        Request request = locked.request;
        List<WorkItem> removals = removals(locked, claim);
        if (again) {
            // not for longer, since the machines that it needs are kept for it meanwhile
            int tries = Math.clamp(ReservationEvent.timesQueued(request.id), 1, LONGEST_PAUSE_STEP);
            request.requeue(reason, now, now.plus(BackOff.ofRemovals(config).after(tries)));
        } else {
            ends.end(request, RequestState.FAILED, reason, now);
        }
        return new GivenUp(removals, again);
    }

    private GivenUp leaveQueue(Request request, String reason, Instant now) {
        ends.end(request, RequestState.CANCELLED, reason, now);
        return GivenUp.NOTHING;
    }

    /** The activation was committed although its worker was told otherwise. */
    private GivenUp takeBackAnswer(Locked locked, UUID claim) {
        Request request = locked.request;
        if (!claim.toString().equals(request.servedUnder)) {
            return GivenUp.takenOver(request);
        }
        if (request.answerGiven) {
            return GivenUp.NOTHING;
        }
        request.forgetKey();
        return new GivenUp(removals(locked, claim), false);
    }

    private List<WorkItem> removals(Locked locked, UUID claim) {
        return releases.release(locked.live, ReleaseCause.PROVISIONING_FAILED, claim, false);
    }

    /**
     * Takes a request back: it leaves the queue, or its machines are released.
     *
     * @param condition runs before the change, when all is locked; an exception from it cancels the change
     * @return the accounts to remove, under the claim
     * @throws NotFoundException when there is no such request
     * @throws GoneException when it is over
     */
    List<WorkItem> cancel(long requestId, UUID claim, String reason, Runnable condition) {
        List<WorkItem> removals = transactions.call(() -> {
            Locked locked = lock(requestId).orElseThrow(() -> Request.notFound(requestId));
            condition.run();
            Request request = locked.request;
            if (!request.state.isOpen()) {
                throw request.gone();
            }
            List<WorkItem> items = releases.release(locked.live, ReleaseCause.GIVEN_BACK, claim, true);
            if (request.state != RequestState.ACTIVE) {
                ends.end(request, RequestState.CANCELLED, reason, clock.now());
            }
            return items;
        });
        queue.machinesChanged();
        return removals;
    }

    /**
     * Changes the note of a request.
     *
     * @param note blank for none
     * @param condition runs before the change, when all is locked; an exception from it cancels the change
     * @throws NotFoundException when there is no such request
     */
    void changeNote(long requestId, String note, Runnable condition) {
        transactions.run(() -> {
            Locked locked = lock(requestId).orElseThrow(() -> Request.notFound(requestId));
            condition.run();
            changeNote(locked.request, note);
        });
    }

    /** The same for a request that the caller's transaction has locked; null leaves its note. */
    void changeNote(Request request, String note) {
        if (note != null) {
            request.note = note.isBlank() ? null : note.strip();
            audit.record(request.auditEvent(AuditAction.REQUEST_CHANGED,
                    "note: " + (request.note == null ? "none" : request.note)));
        }
    }

    /** Starts the release of what workers have begun that let their claim run out, as they do when they die. */
    void recoverLost(int limit) {
        List<Long> lost = transactions.call(() -> Request.withLostWorker(clock.now(), limit));
        lost.forEach(id -> attempt("Recovering", id, () -> recover(id)));
    }

    /** Does so for one request, if its claim has run out. */
    void recover(long requestId) {
        transactions.run(() -> lock(requestId).ifPresent(this::recover));
    }

    private void recover(Locked locked) {
        Request request = locked.request;
        Instant now = clock.now();
        if (request.claimedUntil == null || request.claimedUntil.isAfter(now)) {
            return;
        }
        Log.warnf("%s: its worker is lost", request);
        locked.live.stream().filter(row -> row.state == ReservationState.PROVISIONING)
                .forEach(row -> releases.start(row, ReleaseCause.WORKER_LOST, ReleaseStore.NO_CLAIM, now));
        if (request.state == RequestState.ACTIVE) {
            // the worker was to replace a machine, or to change a password or an end
            request.clearClaim();
        } else if (request.waits()) {
            request.requeue(WORKER_LOST, now, now);
        } else {
            ends.end(request, RequestState.FAILED, WORKER_LOST, now);
        }
    }

    /** Ends requests that were not kept alive, and starts the release of their machines. */
    void endNotKeptAlive(int limit) {
        List<Long> overdue = transactions.call(() -> Request.notKeptAlive(clock.now(), limit));
        overdue.forEach(id -> attempt("Ending", id,
                () -> transactions.run(() -> lock(id).ifPresent(this::endNotKeptAlive))));
        if (!overdue.isEmpty()) {
            queue.machinesChanged();
        }
    }

    /** One request that fails must hold up neither the others nor the removals that are due. */
    private static void attempt(String what, long requestId, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            FailureLog.log("%s request %d failed".formatted(what, requestId), e);
        }
    }

    private void endNotKeptAlive(Locked locked) {
        Request request = locked.request;
        Instant now = clock.now();
        if (request.keepaliveUntil == null || request.keepaliveUntil.isAfter(now)
                || request.state == RequestState.PROVISIONING) {
            return;
        }
        locked.live.stream().filter(row -> row.state.isInUse())
                .forEach(row -> releases.start(row, ReleaseCause.NOT_KEPT_ALIVE, ReleaseStore.NO_CLAIM, now));
        ends.end(request, RequestState.LAPSED, NOT_KEPT_ALIVE, now);
    }

    /**
     * A request and its live reservations, locked until the end of the transaction.
     *
     * @param live in the order of their ids
     */
    private record Locked(Request request, List<Reservation> live) {
    }

    /** Locks a request with its live reservations; empty when there is no such request. */
    private static Optional<Locked> lock(long requestId) {
        // reservations are locked before their request; they are read again after it, since a worker, even one whose
        // claim has run out, inserts further ones under the lock of the request alone
        Reservation.lockLiveOf(requestId);
        return Request.lockById(requestId)
                .map(request -> new Locked(request, Reservation.lockLiveOf(requestId)));
    }
}
