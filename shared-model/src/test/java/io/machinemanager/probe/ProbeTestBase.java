package io.machinemanager.probe;

import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;

import io.machinemanager.account.AccountDriver;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountTask;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.pool.MachineService;
import io.machinemanager.pool.PoolService;
import io.machinemanager.reservation.Lease;
import io.machinemanager.reservation.Requester;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.reservation.ReservationSpec;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.ReservationFixture;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.junit.QuarkusTestProfile;

/** Three machines, one of them a spare, and helpers for tests of probes. */
abstract class ProbeTestBase {

    /** A third of the machines are spares, and the first failed probe replaces a lent machine. */
    public static class WithSpares implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("reservations.spare-pool-percent", "33", "reservations.replace-after-failures", "1",
                    "SSH_HEALTH_INTERVAL", "37s");
        }
    }

    @Inject
    ProbeService probes;

    @Inject
    ReservationService reservations;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture fixture;

    @Inject
    DatabaseClock clock;

    @Inject
    PoolService pool;

    @Inject
    MachineService machineService;

    Requester alice;

    @BeforeEach
    void threeMachines() {
        fixture.clear();
        machines.reset();
        alice = fixture.user("alice");
        fixture.machines("m1", "m2", "m3");
    }

    Lease reserve(int count) {
        return reservations.reserve(new ReservationSpec(alice, count, 60, "alice", "secret word"));
    }

    int probeDue() {
        return Scheduled.probe(probes, 4);
    }

    /** Waits until the machine can be probed again: the removals after an earlier probe may not have ended. */
    void probeM1() {
        long before = probesOfM1();
        await().until(() -> {
            fixture.change("m1", machine -> machine.nextProbeAt = machine.createdAt);
            probeDue();
            return probesOfM1() > before;
        });
    }

    long probesOfM1() {
        return machines.probes().stream().filter("m1"::equals).count();
    }

    static AccountDriver driver(Function<AccountTask, AccountResult> work) {
        return tasks -> tasks.stream().map(work).map(CompletableFuture::completedFuture).toList();
    }

    /** Why the machine is not lent, as admins see it; null when it is. */
    String reason(String machine) {
        return pool.only(machine).rows().getFirst().blocks().reason(clock()).orElse(null);
    }

    Instant clock() {
        return QuarkusTransaction.requiringNew().call(clock::now);
    }

    void probeAgain(String name) {
        fixture.change(name, machine -> machine.nextProbeAt = machine.createdAt);
        probeDue();
    }
}
