package io.machinemanager.api.reservation;

import java.util.Collection;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The live reservations.
 *
 * @param reservations by machine
 */
@RegisterForReflection // written out by hand
public record ReservationsView(Collection<ReservationView> reservations) {
}
