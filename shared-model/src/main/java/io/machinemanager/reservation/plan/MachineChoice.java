package io.machinemanager.reservation.plan;

import java.util.BitSet;
import java.util.function.IntToLongFunction;

/**
 * Chooses some of the machines that would do, by one criterion after the other. A criterion decides as far as it can and
 * leaves the machines that are equal by it to the next one.
 */
final class MachineChoice {

    private final BitSet chosen = new BitSet();
    private BitSet open;
    private int missing;

    /**
     * @param fitting the machines that would do, at least {@code count}; changed by the choice
     * @param count how many are chosen
     */
    MachineChoice(BitSet fitting, int count) {
        open = fitting;
        missing = count;
    }

    /** Tells whether there is nothing left to choose. */
    boolean isDecided() {
        return open.cardinality() == missing;
    }

    /** Prefers the machines for which the function gives the lowest number. */
    void preferLowest(IntToLongFunction key) {
        if (isDecided()) {
            return;
        }
        long[] keys = open.stream().mapToLong(key::applyAsLong).toArray();
        long last = Smallest.of(keys, keys.length, missing);
        BitSet above = new BitSet();
        BitSet equal = new BitSet();
        open.stream().filter(machine -> key.applyAsLong(machine) == last).forEach(equal::set);
        open.stream().filter(machine -> key.applyAsLong(machine) > last).forEach(above::set);
        open.andNot(above);
        open.andNot(equal);
        take(open);
        open = equal;
    }

    /** Prefers machines that are not in the set. */
    void avoid(BitSet wanted) {
        BitSet others = (BitSet) open.clone();
        others.andNot(wanted);
        if (others.cardinality() >= missing) {
            open = others;
        } else {
            take(others);
            open.and(wanted);
        }
    }

    private void take(BitSet machines) {
        chosen.or(machines);
        missing -= machines.cardinality();
    }

    /** The machines that are chosen. The lowest ones of those that are still equal are among them. */
    BitSet machines() {
        open.stream().limit(missing).forEach(chosen::set);
        return chosen;
    }
}
