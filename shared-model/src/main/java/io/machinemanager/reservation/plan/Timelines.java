package io.machinemanager.reservation.plan;

import static io.machinemanager.reservation.plan.PlanClock.NEVER;

import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** The timelines of all machines, by their positions in the list of machines. */
final class Timelines {

    private final MachineTimeline[] timelines;
    private final long[] starts;

    Timelines(List<PlannedMachine> machines, PlanClock clock) {
        timelines = machines.stream().map(machine -> new MachineTimeline(clock.until(machine.freeFrom())))
                .toArray(MachineTimeline[]::new);
        starts = new long[timelines.length];
    }

    MachineTimeline of(int machine) {
        return timelines[machine];
    }

    /** The machines that are free now. */
    BitSet free() {
        return fitting(IntStream.range(0, timelines.length).toArray(), 0, 1);
    }

    /** The earliest time from which so many of the set are free together for so long; NEVER if there is none. */
    long earliestStart(MatchSet set, int count, long length) {
        int[] machines = set.positions;
        long start = set.notBefore(count, length);
        while (true) {
            for (int i = 0; i < machines.length; i++) {
                starts[i] = timelines[machines[i]].firstStart(start, length);
            }
            // Before this time, fewer machines than needed could start.
            long next = Smallest.of(starts, machines.length, count);
            if (next == start || next == NEVER) {
                return next;
            }
            start = next;
        }
    }

    /** Those of the machines that are free from then on for so long. */
    BitSet fitting(int[] machines, long start, long length) {
        BitSet fitting = new BitSet(timelines.length);
        for (int machine : machines) {
            if (timelines[machine].firstStart(start, length) == start) {
                fitting.set(machine);
            }
        }
        return fitting;
    }
}
