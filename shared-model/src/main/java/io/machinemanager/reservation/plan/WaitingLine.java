package io.machinemanager.reservation.plan;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Counts the requests that go on waiting, as far as the plan is made. Quick also when each has a selector of its own. */
final class WaitingLine {

    private final List<MatchSet> sets = new ArrayList<>();
    /** By machine, the numbers of the sets that have it. */
    private final BitSet[] setsOfMachine;
    private int length;

    WaitingLine(int machines) {
        setsOfMachine = new BitSet[machines];
    }

    void add(MatchSet set) {
        set.waiting++;
        length++;
    }

    /** How many waiting requests may use a machine of this set. */
    int competitors(MatchSet set) {
        if (set.rivals == null) {
            number(set);
        }
        if (set.knownSets < sets.size()) {
            findRivals(set);
        }
        return set.rivals.cardinality() == sets.size()
                ? length
                : set.rivals.stream().map(rival -> sets.get(rival).waiting).sum();
    }

    private void number(MatchSet set) {
        set.rivals = new BitSet();
        for (int machine : set.positions) {
            if (setsOfMachine[machine] == null) {
                setsOfMachine[machine] = new BitSet();
            }
            setsOfMachine[machine].set(sets.size());
        }
        sets.add(set);
    }

    private void findRivals(MatchSet set) {
        set.knownSets = sets.size();
        for (int i = 0; i < set.positions.length && set.rivals.cardinality() < sets.size(); i++) {
            set.rivals.or(setsOfMachine[set.positions[i]]);
        }
    }
}
