package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(AccountWorkerTest.ShortClaims.class)
@WithTestResource(MariaDbResource.class)
class AccountWorkerTest {

    /** A sign of life is due each second. */
    public static class ShortClaims implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("reservations.claim", "3s");
        }
    }

    @Inject
    ReservationService reservations;

    @Inject
    ReleaseStore releases;

    @Inject
    AccountWorker worker;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture fixture;

    @Test
    void theClaimOnAResultThatCouldNotBeRecordedIsNotRenewed() throws InterruptedException {
        fixture.clear();
        machines.reset();
        fixture.machines("m1", "m2");
        reservations.reserve(new ReservationSpec(fixture.user("alice"), 2, 60, "alice", null));
        UUID claim = UUID.randomUUID();
        List<WorkItem> items = releases.claimForRelease(new ReservationSelector.All(), ReleaseCause.RELEASED_ALL, claim,
                true);
        CompletableFuture<Void> gate = machines.hold("m1");
        CountDownLatch failed = new CountDownLatch(1);
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            executor.submit(() -> worker.work(claim, items, Action.REMOVE, (item, result) -> {
                failed.countDown();
                throw new IllegalStateException("no connection came free");
            }));
            try {
                failed.await();
                awaitRenewal("m1");
                Instant unrecorded = fixture.latest("m2").claimedUntil;
                awaitRenewal("m1");

                assertThat(fixture.latest("m2").claimedUntil).isEqualTo(unrecorded);
            } finally {
                gate.complete(null);
            }
        }
    }

    private void awaitRenewal(String machine) {
        Instant now = fixture.latest(machine).claimedUntil;
        await().until(() -> fixture.latest(machine).claimedUntil.isAfter(now));
    }
}
