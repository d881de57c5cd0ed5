package io.machinemanager.reservation.plan;

import java.util.ArrayList;
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

    /** The sets that have machines in common with this one, itself among them, by the numbers of {@link WaitingLine}. */
    BitSet rivals;

    /** How many sets were known when the rivals were found. */
    int knownSets;

    /** How many of the requests with this set go on waiting, as far as the plan is made. */
    int waiting;

    private final List<Placement> placements = new ArrayList<>();

    private record Placement(int count, long length, long start) {
    }

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

    /** A request with this set was placed. */
    void placed(int count, long length, long start) {
        placements.add(new Placement(count, length, start));
    }

    /** A request with this set starts no earlier than this, since one that needs no more could not start earlier. */
    long notBefore(int count, long length) {
        long start = 0;
        for (Placement other : placements) {
            if (other.count <= count && other.length <= length && other.start > start) {
                start = other.start;
            }
        }
        return start;
    }
}
