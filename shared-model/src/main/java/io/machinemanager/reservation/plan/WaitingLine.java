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
        return set.rivals.cardinality() == sets.size()
                ? length
                : set.rivals.stream().map(rival -> sets.get(rival).waiting).sum();
    }

    private void number(MatchSet set) {
        int number = sets.size();
        sets.add(set);
        set.rivals = new BitSet();
        for (int machine : set.positions) {
            if (setsOfMachine[machine] == null) {
                setsOfMachine[machine] = new BitSet();
            }
            setsOfMachine[machine].set(number);
            if (set.rivals.cardinality() <= number) {
                set.rivals.or(setsOfMachine[machine]);
            }
        }
        set.rivals.stream().forEach(rival -> sets.get(rival).rivals.set(number));
    }
}
