package io.machinemanager.api.machine;

import java.util.ArrayList;
import java.util.List;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

import io.machinemanager.pool.MachineState;
import io.machinemanager.pool.MachineSummary;
import io.machinemanager.pool.PoolService;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The names of the machines, sorted, by whether they would be lent now.
 *
 * @param available those that would be
 * @param reserved those that somebody holds
 * @param unavailable those that nobody holds and that would not be lent: names, or {@link Unavailable} for admins
 */
@RegisterForReflection // written out by hand
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

    /** Keeps of each machine the name alone, which is what a large pool has memory for. */
    static AvailableView of(PoolService pool, boolean forAdmin) {
        AvailableView view = new AvailableView(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        pool.forEachSummary(machine -> view.add(machine, forAdmin));
        return view;
    }

    private void add(MachineSummary machine, boolean forAdmin) {
        switch (machine.state()) {
            case FREE -> available.add(machine.name());
            case PROVISIONING, RESERVED, CLEANING -> reserved.add(machine.name());
            case UNAVAILABLE, DISABLED -> unavailable
                    .add(forAdmin ? new Unavailable(machine.name(), reason(machine)) : machine.name());
        }
    }

    private static String reason(MachineSummary machine) {
        return machine.enabled() ? machine.blocks().reason(machine.at()).orElse(null) : MachineState.BY_AN_ADMIN;
    }
}
