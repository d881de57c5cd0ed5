package io.machinemanager.reservation;

import static io.machinemanager.reservation.ReservationState.ACTIVE;
import static io.machinemanager.reservation.ReservationState.PROVISIONING;
import static io.machinemanager.reservation.ReservationState.RELEASED;
import static io.machinemanager.reservation.ReservationState.RELEASING;
import static io.machinemanager.reservation.ReservationState.RESETTING;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.Test;

class ReservationStateTest {

    @Test
    void theOnlyWayOutOfALiveStateIsThroughAVerifiedRemoval() {
        Map<ReservationState, Set<ReservationState>> steps = Map.of(PROVISIONING, EnumSet.of(ACTIVE, RELEASING), ACTIVE,
                EnumSet.of(RELEASING), RELEASING, EnumSet.of(RESETTING, RELEASED), RESETTING, EnumSet.of(RELEASED),
                RELEASED, EnumSet.noneOf(ReservationState.class));

        for (ReservationState from : ReservationState.values()) {
            for (ReservationState to : ReservationState.values()) {
                assertThat(from.canBecome(to)).as("%s to %s", from, to).isEqualTo(steps.get(from).contains(to));
            }
        }
    }
}
