package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class ExtensionTest extends ReservationTestBase {

    @Test
    void anExtensionKeepsTheAccountPastItsFirstEnd() {
        fixture.machines("m1");
        long id = reserve(alice, 1).machines().getFirst().reservationId();

        Reservation extended = reservations.extend(id, new NewEnd.After(120));

        assertThat(extended.reservedUntil).isEqualTo(extended.startedAt.plusSeconds(7200));
        assertThat(extended.durationMinutes).isEqualTo(120);
        assertThat(fixture.history("m1")).last().asString().startsWith("EXTENDED to ");
        assertThat(reservations.extend(id, new NewEnd.At(extended.startedAt.plusSeconds(90))).durationMinutes)
                .isEqualTo(2);
    }

    @Test
    void anExtensionToThePastOrBeyondTheMaximumIsRefused() {
        fixture.machines("m1");
        Lease lease = reserve(alice, 1);
        long id = lease.machines().getFirst().reservationId();

        for (NewEnd end : List.of(new NewEnd.After(0), new NewEnd.After(-5), new NewEnd.After(10_081),
                new NewEnd.At(lease.reservedUntil().minusSeconds(7200)), new NewEnd.At(Instant.MAX))) {
            assertThatThrownBy(() -> reservations.extend(id, end)).isInstanceOf(InvalidRequestException.class);
        }
        assertThat(reservations.details(id).reservation().reservedUntil).isEqualTo(lease.reservedUntil());
    }

    @Test
    void anExtensionThatComesAfterTheExpiryIsAConflict() {
        fixture.machines("m1");
        long id = reserve(alice, 1).machines().getFirst().reservationId();
        fixture.expireAll();

        assertThatThrownBy(() -> reservations.extend(id, new NewEnd.After(60)))
                .as("the end has passed and the release has not started").isInstanceOf(ConflictException.class);
        Scheduled.cleanUp(reservations, 10);
        assertThatThrownBy(() -> reservations.extend(id, new NewEnd.After(60))).isInstanceOf(ConflictException.class);
    }

    @Test
    void extensionsThatRaceTheExpiryWinWhollyOrNotAtAll() throws Exception {
        String[] names = IntStream.range(0, 20).mapToObj(i -> "m" + (10 + i)).toArray(String[]::new);
        fixture.machines(names);
        List<Long> ids = reserve(alice, 20).machines().stream().map(Lease.LentMachine::reservationId).toList();
        fixture.expireAllWithin(Duration.ofMillis(500));

        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            executor.submit(() -> {
                while (!over.get()) {
                    Scheduled.cleanUp(reservations, 5);
                }
            });
            try {
                ids.forEach(this::extendInTimeOrNotAtAll);
            } finally {
                over.set(true);
            }
        }
    }

    private void extendInTimeOrNotAtAll(long id) {
        boolean extended = extendedInTime(id);
        if (!extended) {
            await().until(() -> reservations.details(id).reservation().state == ReservationState.RELEASED);
        }
        Reservation after = reservations.details(id).reservation();
        assertThat(after.state == ReservationState.ACTIVE).isEqualTo(extended);
        assertThat(machines.accountsOn(after.machineName).contains("alice")).isEqualTo(extended);
    }

    private boolean extendedInTime(long id) {
        try {
            reservations.extend(id, new NewEnd.After(60));
            return true;
        } catch (ConflictException e) {
            return false;
        }
    }
}
