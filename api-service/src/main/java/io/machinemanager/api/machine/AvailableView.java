package io.machinemanager.api.machine;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

import io.machinemanager.reservation.MachineState;
import io.machinemanager.reservation.PoolService.Pool;
import io.machinemanager.reservation.PooledMachine;
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

    static AvailableView of(Pool pool, boolean forAdmin) {
        return new AvailableView(names(pool, machine -> machine.state(pool.at()) == MachineState.FREE),
                names(pool, machine -> machine.reservation() != null),
                machines(pool, machine -> isOut(machine.state(pool.at())))
                        .map(machine -> forAdmin
                                ? new Unavailable(machine.machine().name, machine.reason(pool.at()).orElse(null))
                                : machine.machine().name)
                        .map(Object.class::cast).toList());
    }

    private static boolean isOut(MachineState state) {
        return state == MachineState.UNAVAILABLE || state == MachineState.DISABLED;
    }

    private static List<String> names(Pool pool, Predicate<PooledMachine> which) {
        return machines(pool, which).map(machine -> machine.machine().name).toList();
    }

    private static Stream<PooledMachine> machines(Pool pool, Predicate<PooledMachine> which) {
        return pool.machines().stream().filter(which);
    }
}
