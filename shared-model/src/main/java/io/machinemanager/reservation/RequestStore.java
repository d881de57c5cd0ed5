package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

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

    private static final String WORKER_LOST = "The service that made its accounts stopped.";
    private static final String NOT_KEPT_ALIVE = "It was not kept alive.";

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final ReleaseStore releases;
    private final ReservationConfig config;
    private final AuditLog audit;
    private final QueueSignal queue;

    RequestStore(RetryingTransactions transactions, DatabaseClock clock, ReleaseStore releases,
            ReservationConfig config, AuditLog audit, QueueSignal queue) {
        this.transactions = transactions;
        this.clock = clock;
        this.releases = releases;
        this.config = config;
        this.audit = audit;
        this.queue = queue;
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
        return change(requestId, GivenUp.NOTHING, open -> {
            Instant now = clock.now();
            // a repeated call was told that the request waits, so it must go on
            boolean isKnown = worker == Worker.REFUSED_CALL && open.answerGiven;
            return switch (open.state) {
                case PROVISIONING -> open.isClaimedBy(claim)
                        ? giveUp(open, claim, reason, open.waits() && (mayRetry || isKnown), now)
                        : GivenUp.takenOver(open);
                case ACTIVE -> worker == Worker.QUEUE ? GivenUp.NOTHING : takeBackAnswer(open, claim);
                case QUEUED -> worker == Worker.REFUSED_CALL && !isKnown
                        ? leaveQueue(open, reason, now)
                        : GivenUp.takenOver(open);
                default -> GivenUp.NOTHING;
            };
        });
    }

    private GivenUp giveUp(Request request, UUID claim, String reason, boolean again, Instant now) {
        List<WorkItem> removals = release(request, ReleaseCause.PROVISIONING_FAILED, claim);
        if (again) {
            request.requeue(reason, now, now.plus(BackOff.ofRemovals(config).after(1)));
        } else {
            request.end(RequestState.FAILED, reason, now);
            audit.record(request.auditEvent(AuditAction.REQUEST_FAILED, reason));
        }
        return new GivenUp(removals, again);
    }

    private static GivenUp leaveQueue(Request request, String reason, Instant now) {
        request.end(RequestState.CANCELLED, reason, now);
        return GivenUp.NOTHING;
    }

    /** The activation was committed although its worker was told otherwise. */
    private GivenUp takeBackAnswer(Request request, UUID claim) {
        if (!claim.toString().equals(request.servedUnder)) {
            return GivenUp.takenOver(request);
        }
        if (request.answerGiven) {
            return GivenUp.NOTHING;
        }
        request.forgetKey();
        return new GivenUp(release(request, ReleaseCause.PROVISIONING_FAILED, claim), false);
    }

    private List<WorkItem> release(Request request, ReleaseCause cause, UUID claim) {
        return releases.release(new ReservationSelector.OfRequest(request.id), cause, claim, false);
    }

    /**
     * Takes a request back: it leaves the queue, or its machines are released.
     *
     * @return the accounts to remove, under the claim
     * @throws NotFoundException when there is no such request
     * @throws GoneException when it is over
     */
    List<WorkItem> cancel(long requestId, UUID claim, String reason) {
        List<WorkItem> removals = change(requestId, null, request -> {
            if (!request.state.isOpen()) {
                throw request.gone();
            }
            List<WorkItem> items = releases.release(new ReservationSelector.OfRequest(request.id),
                    ReleaseCause.GIVEN_BACK, claim, true);
            if (request.state != RequestState.ACTIVE) {
                request.end(RequestState.CANCELLED, reason, clock.now());
                audit.record(request.auditEvent(AuditAction.REQUEST_CANCELLED, reason));
            }
            return items;
        });
        if (removals == null) {
            throw Request.notFound(requestId);
        }
        queue.machinesChanged();
        return removals;
    }

    /** Starts the release of what workers have begun that let their claim run out, as they do when they die. */
    void recoverLost(int limit) {
        List<Long> lost = transactions.call(() -> Request.withLostWorker(clock.now(), limit));
        lost.forEach(id -> attempt("Recovering", id, () -> recover(id)));
    }

    /** Does so for one request, if its claim has run out. */
    void recover(long requestId) {
        change(requestId, null, request -> {
            Instant now = clock.now();
            if (request.claimedUntil == null || request.claimedUntil.isAfter(now)) {
                return null;
            }
            Log.warnf("%s: its worker is lost", request);
            Reservation.lockLiveOf(requestId).stream().filter(row -> row.state == ReservationState.PROVISIONING)
                    .forEach(row -> releases.start(row, ReleaseCause.WORKER_LOST, now));
            if (request.state == RequestState.ACTIVE) {
                // the worker was to replace a machine
                request.clearClaim();
            } else if (request.waits()) {
                request.requeue(WORKER_LOST, now, now);
            } else {
                request.end(RequestState.FAILED, WORKER_LOST, now);
                audit.record(request.auditEvent(AuditAction.REQUEST_FAILED, WORKER_LOST));
            }
            return null;
        });
    }

    /** Ends requests that were not kept alive, and starts the release of their machines. */
    void endUnkept(int limit) {
        List<Long> unkept = transactions.call(() -> Request.notKeptAlive(clock.now(), limit));
        unkept.forEach(id -> attempt("Ending", id, () -> endUnkept(id)));
        if (!unkept.isEmpty()) {
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

    private void endUnkept(long requestId) {
        change(requestId, null, request -> {
            Instant now = clock.now();
            if (request.keepaliveUntil == null || request.keepaliveUntil.isAfter(now)
                    || request.state == RequestState.PROVISIONING) {
                return null;
            }
            Reservation.lockLiveOf(requestId).stream().filter(row -> row.state != ReservationState.RELEASING)
                    .forEach(row -> releases.start(row, ReleaseCause.NOT_KEPT_ALIVE, now));
            request.end(RequestState.LAPSED, NOT_KEPT_ALIVE, now);
            audit.record(request.auditEvent(AuditAction.REQUEST_LAPSED, NOT_KEPT_ALIVE));
            return null;
        });
    }

    /** Locks a request with its live reservations; {@code missing} when there is no such request. */
    private <T> T change(long requestId, T missing, Function<Request, T> change) {
        return transactions.call(() -> {
            Reservation.lockLiveOf(requestId);
            return Request.lockById(requestId).map(change).orElse(missing);
        });
    }
}
