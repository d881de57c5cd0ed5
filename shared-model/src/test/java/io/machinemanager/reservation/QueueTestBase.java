package io.machinemanager.reservation;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;

import io.quarkus.narayana.jta.QuarkusTransaction;

/** An empty pool and two users, and helpers for tests of requests that wait in the queue. */
abstract class QueueTestBase extends ReservationTestBase {

    @Inject
    RequestService requests;

    @Inject
    QueueService queue;

    @Inject
    UserDeletionService users;

    Requester bob;

    @BeforeEach
    void twoUsers() {
        bob = fixture.user("bob");
    }

    /** Registers machines, and lends each to alice by a request of its own. */
    void lendToAlice(String... names) {
        fixture.machines(names);
        for (int i = 0; i < names.length; i++) {
            reserve(alice, 1);
        }
    }

    static RequestOptions waiting(int minutes, String... names) {
        return new RequestOptions(null, List.of(names), minutes, null, null, null);
    }

    static RequestOptions keptAlive(int minutes) {
        return new RequestOptions(null, List.of(), 0, minutes, null, null);
    }

    /** Asks for machines, with a generated password. */
    Reserved ask(Requester requester, int count, RequestOptions options) {
        return reservations
                .reserve(new ReservationSpec(requester, count, 60, requester.name(), null).with(options), null);
    }

    /** Asks for machines that are not free now. */
    long queue(Requester requester, int count, RequestOptions options) {
        return ((Reserved.Accepted) ask(requester, count, options)).requestId();
    }

    /** Asks for machines that are free. */
    long lend(Requester requester, int count, RequestOptions options) {
        return ((Reserved.Lent) ask(requester, count, options)).lease().requestId();
    }

    void free(String machine) {
        reservations.release(fixture.latest(machine).id);
    }

    /** Serves the queue once, and waits until the accounts are made. */
    void serve() {
        queue.dispatch(100).forEach(CompletableFuture::join);
    }

    RequestState state(long id) {
        return requests.details(id).state();
    }

    /** What a waiting request is told. */
    WaitOutlook outlook(long id) {
        await().atMost(Duration.ofSeconds(5)).until(() -> requests.details(id).outlook() != null);
        return requests.details(id).outlook();
    }

    /** Lets the time pass for which the requests in the queue may wait. */
    static void endWaits() {
        QuarkusTransaction.requiringNew().run(() -> Request.update("waitsUntil = createdAt where state = QUEUED"));
    }

    /** Lets the time pass within which a request has to be kept alive. */
    static void missKeepalive(long id) {
        QuarkusTransaction.requiringNew().run(() -> Request.update("keepaliveUntil = createdAt where id = ?1", id));
    }
}
