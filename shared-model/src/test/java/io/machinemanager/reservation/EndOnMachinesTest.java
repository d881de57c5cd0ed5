package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** The ends that machines have, and those that the database has. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class EndOnMachinesTest extends ReservationTestBase {

    @Inject
    RequestService requests;

    private long reserveAll(String... names) {
        fixture.machines(names);
        return reserve(alice, names.length).requestId();
    }

    private Instant end(String machine) {
        return fixture.latest(machine).reservedUntil;
    }

    private long idOn(String machine) {
        return fixture.latest(machine).id;
    }

    private void change(long request, NewEnd end) {
        requests.change(request, Optional.of(end), null, seen -> {
        });
    }

    @Test
    void anAccountIsMadeWithItsEnd() {
        reserveAll("m1");

        assertThat(machines.endOn("m1", "alice")).as("counted from the allocation")
                .isBetween(end("m1").minusSeconds(30), end("m1"));
    }

    @Test
    void anExtensionAndAShorteningReachTheMachines() {
        long request = reserveAll("m1", "m2");

        change(request, new NewEnd.Later(30));
        assertThat(machines.endOn("m1", "alice")).isEqualTo(end("m1"));
        assertThat(machines.endOn("m2", "alice")).isEqualTo(end("m2"));
        reservations.extend(idOn("m1"), new NewEnd.After(20, true));
        assertThat(machines.endOn("m1", "alice")).isEqualTo(end("m1")).isBefore(end("m2"));
        assertThat(fixture.requestOf("m1").claimedBy).isNull();
    }

    @Test
    void aMachineThatDoesNotTakeALaterEndFailsTheExtensionAndTheOthersHaveTheOldEndAgain() {
        long request = reserveAll("m1", "m2");
        Instant before = end("m1");
        machines.fail("m2", Action.END, Outcome.FAILED, "The disk is full.");

        assertThatThrownBy(() -> change(request, new NewEnd.Later(30)))
                .isInstanceOfSatisfying(ProvisioningFailedException.class, failure -> {
                    assertThat(failure).hasMessage(
                            "Nothing is changed, since m2 did not take the new end: The disk is full.");
                    assertThat(failure.details()).containsEntry("machines", Map.of("m2", "The disk is full."));
                });
        assertThatThrownBy(() -> reservations.extend(idOn("m2"), new NewEnd.After(90)))
                .hasMessageContaining("m2 did not take the new end");

        assertThat(List.of(end("m1"), end("m2"), machines.endOn("m1", "alice"))).containsOnly(before);
        assertThat(fixture.history("m1")).noneMatch(event -> event.startsWith("EXTENDED"));
        machines.heal("m2");
        change(request, new NewEnd.Later(30));
        assertThat(machines.endOn("m2", "alice")).isEqualTo(end("m2")).isAfter(before);
    }

    @Test
    void anExtensionWaitsOnceForAMachineThatCannotBeReached() {
        long request = reserveAll("m1", "m2");
        Instant before = end("m1");
        machines.fail("m2", Outcome.UNREACHABLE, "no answer");

        assertThatThrownBy(() -> change(request, new NewEnd.Later(30)))
                .hasMessage("Nothing is changed, since m2 did not take the new end: no answer");

        assertThat(machines.asked(Action.END)).as("m1 gets the new end and the old one")
                .containsExactlyInAnyOrder("m1", "m1", "m2");
        assertThat(machines.endOn("m1", "alice")).isEqualTo(before);
    }

    @Test
    void anEndBecomesEarlierEvenIfTheMachineCannotBeTold() {
        long request = reserveAll("m1", "m2");
        Instant earlier = end("m1").minusSeconds(1800);
        machines.fail("m2", Outcome.UNREACHABLE, "no answer");

        change(request, new NewEnd.At(earlier));

        assertThat(List.of(end("m1"), end("m2"), machines.endOn("m1", "alice"))).containsOnly(earlier);
        assertThat(machines.endOn("m2", "alice")).isAfter(earlier);
    }

    @Test
    void aReservationThatEndsWhileTheMachineIsToldIsOver() throws Exception {
        reserveAll("m1");
        long id = idOn("m1");
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Reservation> extension = executor.submit(() -> reservations.extend(id, new NewEnd.Later(30)));
            await().until(() -> machines.waiting() == 1);
            fixture.expireAll();
            machines.heal("m1");
            Scheduled.cleanUp(reservations, 10);
            gate.complete(null);

            assertThatThrownBy(extension::get).hasCauseInstanceOf(ConflictException.class);
        }
        assertThat(machines.accountsOn("m1")).isEmpty();
        assertThat(fixture.latest("m1").state).isEqualTo(ReservationState.RELEASED);
    }

    @Test
    void anExtensionWhoseClaimRanOutChangesNothing() throws Exception {
        reserveAll("m1");
        long id = idOn("m1");
        Instant before = end("m1");
        CompletableFuture<Void> gate = machines.hold("m1");
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Reservation> extension = executor.submit(() -> reservations.extend(id, new NewEnd.Later(30)));
            await().until(() -> machines.waiting() == 1);
            fixture.endClaims();
            Scheduled.cleanUp(reservations, 10);
            machines.heal("m1");
            gate.complete(null);

            assertThatThrownBy(extension::get).hasCauseInstanceOf(ConflictException.class)
                    .hasMessageContaining("took too long");
        }
        assertThat(end("m1")).isEqualTo(before);
        assertThat(machines.endOn("m1", "alice")).isEqualTo(before);
    }

    @Test
    void extensionsAtTheSameInstantCountOneAfterTheOther() throws Exception {
        reserveAll("m1", "m2");
        Instant before = end("m1");
        long request = fixture.requestOf("m1").id;
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Void> extension = () -> {
                change(request, new NewEnd.Later(10));
                return null;
            };
            for (Future<Void> result : executor.invokeAll(Collections.nCopies(5, extension))) {
                result.get();
            }
        }
        assertThat(List.of(end("m1"), end("m2"), machines.endOn("m1", "alice"), machines.endOn("m2", "alice")))
                .containsOnly(before.plusSeconds(3000));
    }
}
