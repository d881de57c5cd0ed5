package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

/** A machine that has yet to show its SSH host keys delays its own work only. */
@QuarkusTest
@TestProfile(LimitsTest.ThreeForTwoHours.class)
@WithTestResource(MariaDbResource.class)
class UnknownHostKeyTest {

    @Inject
    ReservationService reservations;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture fixture;

    private Requester alice;

    @BeforeEach
    void threeMachines() {
        fixture.clear();
        machines.reset();
        alice = fixture.user("alice");
        fixture.machines("m1", "m2", "m3");
    }

    @Test
    void theOtherMachinesOfTheRequestAreWorkedOnAtOnceAndTogether() throws IOException {
        CompletableFuture<?> outcome;
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            fixture.change("m2", machine -> {
                machine.hostKeys = null;
                machine.port = silent.getLocalPort();
            });
            outcome = CompletableFuture.supplyAsync(
                    () -> reservations.reserve(new ReservationSpec(alice, 3, 60, "alice", "secret word")),
                    task -> Thread.ofVirtual().start(task));

            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(machines.allAccounts())
                    .containsExactlyInAnyOrder("m1/alice", "m3/alice"));
            assertThat(machines.submissions()).containsExactly(2);
            assertThat(outcome).isNotDone();
        }
        await().atMost(Duration.ofSeconds(30)).until(outcome::isCompletedExceptionally);
        assertThat(machines.allAccounts()).isEmpty();
    }
}
