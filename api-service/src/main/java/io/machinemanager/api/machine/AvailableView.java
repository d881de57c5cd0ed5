package io.machinemanager.api.machine;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

import io.machinemanager.reservation.MachineState;
import io.machinemanager.reservation.PoolService.Glance;
import io.machinemanager.reservation.PooledName;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The names of the machines, sorted, by whether they would be lent now.
 *
 * @param available those that would be
 * @param reserved those that somebody holds
 * @param unavailable those that nobody holds and that would not be lent: names, or {@link Unavailable} for admins
 */
public record AvailableView(List<String> available, List<String> reserved,
        @Schema(anyOf = {
                String.class, AvailableView.Unavailable.class }) List<Object> unavailable){

    /**
     * A machine that is not lent.
     *
     * @param name its name
     * @param reason why
     */
    @RegisterForReflection
    public record Unavailable(String name, String reason) {
    }

    static AvailableView of(Glance pool, boolean forAdmin) {
        Map<Kind, List<PooledName>> machines = pool.machines().stream()
                .collect(Collectors.groupingBy(machine -> Kind.of(machine.state(pool.at()))));
        return new AvailableView(names(machines, Kind.AVAILABLE), names(machines, Kind.RESERVED),
                of(machines, Kind.UNAVAILABLE)
                        .map(machine -> forAdmin
                                ? new Unavailable(machine.name(), reason(machine, pool.at()))
                                : machine.name())
                        .map(Object.class::cast).toList());
    }

    private enum Kind {
        AVAILABLE,
        RESERVED,
        UNAVAILABLE;

        static Kind of(MachineState state) {
            return switch (state) {
                case FREE -> AVAILABLE;
                case PROVISIONING, RESERVED, CLEANING -> RESERVED;
                case UNAVAILABLE, DISABLED -> UNAVAILABLE;
            };
        }
    }

    private static String reason(PooledName machine, Instant at) {
        return machine.enabled() ? machine.holds().reason(at).orElse(null) : MachineState.BY_AN_ADMIN;
    }

    private static List<String> names(Map<Kind, List<PooledName>> machines, Kind kind) {
        return of(machines, kind).map(PooledName::name).toList();
    }

    private static Stream<PooledName> of(Map<Kind, List<PooledName>> machines, Kind kind) {
        return machines.getOrDefault(kind, List.of()).stream();
    }
}
