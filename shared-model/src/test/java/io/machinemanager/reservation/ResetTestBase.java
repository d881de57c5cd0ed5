package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.pool.MachineService;
import io.machinemanager.pool.MachineState;
import io.machinemanager.testing.Scheduled;
import io.machinemanager.testing.TestPlaybook;

/** What the tests of resets share. */
abstract class ResetTestBase extends ReservationTestBase {

    public static class WithReset extends TestPlaybook.Profile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("RESET_PLAYBOOK", TestPlaybook.PLAYBOOK.toString(), "ANSIBLE_PLAYBOOK", RUNS,
                    "PLAYBOOK_TIMEOUT", "10s", "CLAIM_DURATION", "3s");
        }
    }

    @Inject
    ResetService resets;

    @Inject
    MachineService machineService;

    @Inject
    RequestService requests;

    @Inject
    ReservationConfig config;

    @BeforeEach
    void resetsSucceed() {
        TestPlaybook.reset();
        fixture.machines("m1");
    }

    /** Lends m1 to alice and has the account removed, so that the reset is due. */
    final void lendAndRelease() {
        reserve(alice, 1);
        fixture.expireAll();
        Scheduled.cleanUp(reservations, 10);
    }

    /** Has three removals fail, after which the machine is reset with its account. */
    final void failRemovals(String reason) {
        machines.fail("m1", Outcome.UNREACHABLE, reason);
        for (int failures = 1; failures <= 3; failures++) {
            assertThat(fixture.states()).containsExactly(failures == 1 ? "m1 ACTIVE" : "m1 RELEASING");
            Scheduled.cleanUp(reservations, 10);
            fixture.endPauses();
        }
    }

    /** Does the resets that are due, and returns how many they were. */
    final int runDue() {
        List<CompletableFuture<Void>> due = resets.startDue(10);
        due.forEach(CompletableFuture::join);
        return due.size();
    }

    final MachineState state(String machine) {
        var pooled = pool.only(machine);
        return pooled.rows().getFirst().state(pooled.at());
    }
}
