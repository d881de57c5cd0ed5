package io.machinemanager.reservation;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.HqlCondition;
import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.GoneException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.error.UnavailableException;
import io.machinemanager.secret.SecretBox;
import io.quarkus.runtime.annotations.RegisterForReflection;

/** Shows and changes requests. {@link ReservationService} makes them. Do not call it inside a transaction. */
@ApplicationScoped
public class RequestService {

    private static final String LISTED = "select new io.machinemanager.reservation.RequestSummary(q.id, q.ownerName,"
            + " q.account, q.machineCount, q.durationMinutes, q.selector, q.machineNames, q.note, q.state, q.createdAt,"
            + " q.waitsUntil, q.endReason, (select max(r.reservedUntil) from Reservation r where r.requestId = q.id))"
            + " from Request q";

    private static final int MAX_READERS = 8;
    private static final long LONGEST_WAIT_SECONDS = 30;

    /**
     * Only some callers read a request at once. Thousands may want to, after a common wait for changes; they wait here, and
     * not for a connection to the database, which other calls need.
     */
    private final Semaphore readers = new Semaphore(MAX_READERS, true);
    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final ReadOnlyQueries queries;
    private final QueueForecast forecast;
    private final RequestStore store;
    private final EndService ends;
    private final ReleaseStore releases;
    private final AccountWorker worker;
    private final SecretBox secrets;

    RequestService(RetryingTransactions transactions, DatabaseClock clock, ReadOnlyQueries queries,
            QueueForecast forecast, RequestStore store, EndService ends, ReleaseStore releases,
            AccountWorker worker, SecretBox secrets) {
        this.transactions = transactions;
        this.clock = clock;
        this.queries = queries;
        this.forecast = forecast;
        this.store = store;
        this.ends = ends;
        this.releases = releases;
        this.worker = worker;
        this.secrets = secrets;
    }

    /**
     * Which requests to list.
     *
     * @param state the state; null for any
     * @param owner the name of the owner; null for any
     * @param ownerId the owner; null for any
     */
    public record Filter(RequestState state, String owner, Long ownerId) {

        private HqlCondition condition() {
            // those that are not over are few, and found by an index of the others' ends
            HqlCondition open = state != null && state.isOpen()
                    ? new HqlCondition("q.endedAt is null", Map.of())
                    : HqlCondition.TRUE;
            return open.and(HqlCondition.unlessNull("q.state = :state", "state", state))
                    .and(HqlCondition.unlessNull("q.ownerName = :owner", "owner", owner))
                    .and(HqlCondition.unlessNull("q.ownerId = :ownerId", "ownerId", ownerId));
        }
    }

    /**
     * Lists requests, the latest first.
     *
     * @param offset how many to skip
     * @param limit how many at most
     */
    public List<RequestSummary> list(Filter filter, int offset, int limit) {
        HqlCondition condition = filter.condition();
        return queries.call(session -> condition.bind(session.createSelectionQuery(
                LISTED + " where " + condition.hql() + " order by q.id desc", RequestSummary.class))
                .setFirstResult(offset).setMaxResults(limit).getResultList());
    }

    /** Counts the requests. */
    public long count(Filter filter) {
        HqlCondition condition = filter.condition();
        return queries.call(session -> condition.bind(session.createSelectionQuery(
                "select count(*) from Request q where " + condition.hql(), Long.class)).getSingleResult());
    }

    /**
     * Returns one request, with what it can expect while it waits.
     *
     * @throws NotFoundException when there is no such request
     * @throws UnavailableException when very many callers ask at once
     */
    public RequestDetails details(long requestId) {
        beginReading();
        try {
            RequestDetails details = transactions.call(() -> read(requestId));
            return details.state() == RequestState.QUEUED
                    ? details.with(forecast.of(requestId).orElse(null))
                    : details;
        } finally {
            readers.release();
        }
    }

    private void beginReading() {
        try {
            if (readers.tryAcquire(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new UnavailableException("Too many callers ask for requests at once; try again soon.");
    }

    /**
     * The owner of a request; empty after the user was deleted.
     *
     * @throws NotFoundException when there is no such request
     */
    public Optional<Long> ownerOf(long requestId) {
        List<Long> owner = queries.call(session -> session
                .createSelectionQuery("select ownerId from Request where id = :id", Long.class)
                .setParameter("id", requestId).getResultList());
        if (owner.isEmpty()) {
            throw Request.notFound(requestId);
        }
        return Optional.ofNullable(owner.getFirst());
    }

    private RequestDetails read(long requestId) {
        Request request = Request.<Request>findByIdOptional(requestId)
                .orElseThrow(() -> Request.notFound(requestId));
        return new RequestDetails(clock.now(), request, Reservation.ofRequest(requestId),
                ReservationEvent.ofRequest(requestId), null);
    }

    /** The states of those of the requests that exist, for callers that ask often. */
    public List<StateOf> states(Set<Long> requestIds) {
        return queries.call(session -> session
                .createSelectionQuery("select new io.machinemanager.reservation.RequestService$StateOf(id, state)"
                        + " from Request where id in :ids", StateOf.class)
                .setParameter("ids", requestIds).getResultList());
    }

    /** The state of a request. */
    @RegisterForReflection // created by a query
    public record StateOf(Long id, RequestState state) {
    }

    /**
     * The generated password of a request that has waited, for its owner: once, and only when the request is active.
     *
     * @return empty when it was asked for before, was not generated, or is not to be shown yet
     */
    public Optional<String> takePassword(long requestId) {
        return transactions.call(() -> Request.lockById(requestId)
                .filter(request -> request.state == RequestState.ACTIVE && request.sealedPassword != null)
                .map(request -> {
                    String password = secrets.open(request.passwordOwner(), request.sealedPassword);
                    request.sealedPassword = null;
                    return password;
                }));
    }

    /**
     * Changes a request: all that is asked for, or nothing.
     *
     * @param newEnd the new end of all machines of an active request; empty to leave it
     * @param note the new note, blank for none; null to leave it
     * @param condition is given the locked request before the change; an exception from it cancels the change
     * @throws NotFoundException when there is no such request
     * @throws GoneException when it is over and the end was to be moved
     * @throws ConflictException when it is not active, or a machine of it is being released
     * @throws InvalidRequestException when the new end is not in the future, or exceeds the maximum, or for such a note
     * @throws ProvisioningFailedException when a machine does not take a later end
     */
    public void change(long requestId, Optional<NewEnd> newEnd, String note, Consumer<RequestDetails> condition) {
        RequestOptions.checkNote(note);
        Runnable check = () -> condition.accept(read(requestId));
        if (newEnd.isPresent()) {
            ends.move(new EndScope.WholeRequest(requestId, check), newEnd.get(),
                    request -> store.changeNote(request, note));
        } else {
            store.changeNote(requestId, note, check);
        }
    }

    /**
     * Lets a request live on that ends when it is not kept alive. Does nothing for other requests.
     *
     * @throws NotFoundException when there is no such request
     * @throws GoneException when it is over
     */
    public void keepAlive(long requestId) {
        transactions.run(() -> {
            Request request = Request.lockById(requestId).orElseThrow(() -> Request.notFound(requestId));
            if (!request.state.isOpen()) {
                throw request.gone();
            }
            request.keepAlive(clock.now());
        });
    }

    /** Takes a request back without a condition. */
    public ReleaseReport cancel(long requestId, String reason) {
        return cancel(requestId, reason, seen -> {
        });
    }

    /**
     * Takes a request back: it leaves the queue, or its machines are released. Waits for the removal of the accounts.
     *
     * @param reason who or what took it back, as a sentence
     * @param condition is given the locked request before; an exception from it cancels the change
     * @throws NotFoundException when there is no such request
     * @throws GoneException when it is over
     */
    public ReleaseReport cancel(long requestId, String reason, Consumer<RequestDetails> condition) {
        UUID claim = UUID.randomUUID();
        List<WorkItem> items = store.cancel(requestId, claim, reason, () -> condition.accept(read(requestId)));
        int released = worker.remove(claim, items);
        return new ReleaseReport(released, releases.pending(new ReservationSelector.OfRequest(requestId)));
    }
}
