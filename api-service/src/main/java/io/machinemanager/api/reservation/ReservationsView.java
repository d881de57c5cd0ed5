package io.machinemanager.api.reservation;

import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The live reservations.
 *
 * @param reservations by machine
 */
@RegisterForReflection // Jackson is called by hand
public record ReservationsView(
        @Schema(type = SchemaType.ARRAY, implementation = ReservationView.class) Iterable<ReservationView> reservations) {
}
