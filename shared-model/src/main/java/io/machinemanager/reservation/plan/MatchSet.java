package io.machinemanager.reservation.plan;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The machines that a request may use. Requests that may use the same machines share one. */
final class MatchSet {

    /** Positions in the list of machines. */
    final BitSet machines;

    /** The same positions, for fast loops. */
    final int[] positions;

    /** How many of the requests with this set go on waiting, as far as the plan is made. */
    private int waiting;

    private MatchSet(BitSet machines) {
        this.machines = machines;
        positions = machines.stream().toArray();
    }

    /** The set of each request. */
    static MatchSet[] of(List<WaitingRequest> requests) {
        Map<BitSet, MatchSet> sets = new HashMap<>();
        return requests.stream().map(request -> sets.computeIfAbsent(request.matches(), MatchSet::new))
                .toArray(MatchSet[]::new);
    }

    void addWaiting() {
        waiting++;
    }

    /** How many requests wait for machines of this set, when all that wait have one of the sets given. */
    int competitors(Iterable<MatchSet> waitedFor) {
        int count = 0;
        for (MatchSet other : waitedFor) {
            if (other == this || other.machines.intersects(machines)) {
                count += other.waiting;
            }
        }
        return count;
    }
}
