package io.machinemanager.reservation.plan;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The machines that the plan before had meant for each request that waited, by their positions in the list of now. */
final class MeantMachines {

    private static final BitSet NONE = new BitSet();

    private final Map<Long, BitSet> byRequest = new HashMap<>();

    MeantMachines(List<PlannedMachine> machines, Plan before) {
        if (before.waiting().isEmpty()) {
            return;
        }
        Map<Long, Integer> positions = HashMap.newHashMap(machines.size());
        for (int position = 0; position < machines.size(); position++) {
            positions.put(machines.get(position).id(), position);
        }
        before.waiting().forEach((request, forecast) -> {
            BitSet meant = new BitSet();
            forecast.machines().stream().filter(positions::containsKey).map(positions::get).forEach(meant::set);
            if (!meant.isEmpty()) {
                byRequest.put(request, meant);
            }
        });
    }

    /** The machines that still work of those meant for a request; empty when none were. Must not be changed. */
    BitSet of(long request) {
        return byRequest.getOrDefault(request, NONE);
    }
}
