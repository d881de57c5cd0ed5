package io.machinemanager.reservation;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;

import io.machinemanager.pool.PoolService;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.ReservationFixture;

/** An empty pool, and helpers for tests of reservations. */
abstract class ReservationTestBase {

    @Inject
    ReservationService reservations;

    @Inject
    FakeMachines machines;

    @Inject
    PoolService pool;

    @Inject
    ReservationFixture fixture;

    Requester alice;

    @BeforeEach
    void emptyPool() {
        fixture.clear();
        machines.reset();
        alice = fixture.user("alice");
    }

    Lease reserve(Requester requester, int count) {
        return reservations.reserve(new ReservationSpec(requester, count, 60, requester.name(), "secret word"));
    }

    /** Why the machine is not lent, as admins see it; null when it is. */
    String reason(String machine) {
        var pooled = pool.only(machine);
        return pooled.rows().getFirst().reason(pooled.at()).orElse(null);
    }
}
