package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** From when on the queue can count on a machine. */
class QueuedMachineTest {

    private static final Instant NOW = Instant.parse("2030-01-01T12:00:00Z");
    private static final Instant SOON = NOW.plusSeconds(300);
    private static final Instant LATER = NOW.plusSeconds(600);
    private static final Instant PAST = NOW.minusSeconds(60);

    private static QueuedMachine free(boolean working, Instant blockedUntil) {
        return new QueuedMachine(1L, "m1", working, blockedUntil, null, null, null, null, null);
    }

    private static QueuedMachine lent(boolean working, Instant blockedUntil, Instant reservedUntil) {
        return new QueuedMachine(1L, "m1", working, blockedUntil, ReservationState.ACTIVE, reservedUntil, 0, null,
                null);
    }

    private static QueuedMachine released(int failedRemovals, Instant nextRemovalAt) {
        return new QueuedMachine(1L, "m1", true, null, ReservationState.RELEASING, PAST, failedRemovals, nextRemovalAt,
                null);
    }

    private static QueuedMachine withReset(ReservationState state, int failedResets, Long resetMillis) {
        return new QueuedMachine(1L, "m1", true, null, state, SOON, failedResets, null, resetMillis);
    }

    static Stream<Arguments> machines() {
        Instant cleaned = NOW.plus(QueuedMachine.REMOVAL);
        return Stream.of(
                Arguments.of("free", free(true, null), NOW),
                Arguments.of("blocked for a known time", free(false, SOON), SOON),
                Arguments.of("blocked until it is probed, which is due", free(false, PAST), NOW),
                Arguments.of("blocked for an unknown time", free(false, null), null),
                Arguments.of("lent", lent(true, null, SOON), SOON.plus(QueuedMachine.REMOVAL)),
                Arguments.of("lent, its end is over", lent(true, null, PAST), cleaned),
                Arguments.of("lent, and blocked for longer", lent(false, LATER, SOON), LATER),
                Arguments.of("lent, and blocked for a shorter time", lent(false, SOON, LATER),
                        LATER.plus(QueuedMachine.REMOVAL)),
                Arguments.of("lent, and blocked for an unknown time", lent(false, null, SOON), null),
                Arguments.of("being cleaned", released(0, null), cleaned),
                Arguments.of("cleaned again later", released(1, SOON), SOON.plus(QueuedMachine.REMOVAL)),
                Arguments.of("cleaned in vain for the third time", released(3, SOON),
                        SOON.plus(QueuedMachine.REMOVAL)),
                Arguments.of("cleaned in vain too often", released(4, SOON), null),
                Arguments.of("lent, and reset the last time", withReset(ReservationState.ACTIVE, 0, 5_000L),
                        SOON.plus(QueuedMachine.REMOVAL).plusSeconds(5)),
                Arguments.of("being reset", withReset(ReservationState.RESETTING, 0, 5_000L), NOW.plusSeconds(5)),
                Arguments.of("being reset for the first time", withReset(ReservationState.RESETTING, 0, null),
                        NOW.plus(QueuedMachine.FIRST_RESET)),
                Arguments.of("reset in vain too often", withReset(ReservationState.RESETTING, 4, 5_000L), null));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("machines")
    void isCountedOnFrom(String what, QueuedMachine machine, Instant from) {
        assertThat(machine.freeFrom(NOW)).as(what).isEqualTo(Optional.ofNullable(from));
    }
}
