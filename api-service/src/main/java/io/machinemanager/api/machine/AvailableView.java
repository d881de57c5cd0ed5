package io.machinemanager.api.machine;

import java.util.ArrayList;
import java.util.List;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

import io.machinemanager.pool.MachineQuery;
import io.machinemanager.pool.MachineState;
import io.machinemanager.pool.MachineSummary;
import io.machinemanager.pool.PoolService;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The names of the machines, sorted, by whether they would be lent now.
 *
 * @param available the machines that would be lent
 * @param reserved the machines that are reserved
 * @param unavailable the other machines: names, or {@link Unavailable} for admins
 */
@RegisterForReflection // Jackson is called by hand
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

    /** Only the name of each machine is kept in memory, so that a large pool fits. */
    static AvailableView of(PoolService pool, MachineQuery query, boolean forAdmin) {
        AvailableView view = new AvailableView(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        pool.forEachSummary(query, machine -> view.add(machine, forAdmin));
        return view;
    }

    private void add(MachineSummary machine, boolean forAdmin) {
        switch (machine.state()) {
            case FREE -> available.add(machine.name());
            case PROVISIONING, RESERVED, CLEANING, RESETTING -> reserved.add(machine.name());
            case UNAVAILABLE, DISABLED -> unavailable
                    .add(forAdmin ? new Unavailable(machine.name(), reason(machine)) : machine.name());
        }
    }

    private static String reason(MachineSummary machine) {
        return machine.enabled() ? machine.blocks().reason(machine.at()).orElse(null) : MachineState.BY_AN_ADMIN;
    }
}
