package io.machinemanager.reservation.plan;

import static io.machinemanager.reservation.plan.PlanClock.NEVER;

import java.util.Arrays;

/** The gaps in which one machine is free, in order of time. The last one has no end. Times are those of {@link PlanClock}. */
final class MachineTimeline {

    private long[] from = new long[2];
    private long[] until = new long[2];
    private int gaps = 1;
    private long neededAt = NEVER;
    private int neededBy = -1;

    /** @param freeFrom the end of the time for which it is lent; 0 when it is free now */
    MachineTimeline(long freeFrom) {
        from[0] = freeFrom;
        until[0] = NEVER;
    }

    /** The first time, at {@code earliest} or later, from which it is free for so long; NEVER if there is none. */
    long firstStart(long earliest, long length) {
        for (int gap = gapAt(earliest); gap < gaps; gap++) {
            long start = Math.max(earliest, from[gap]);
            if (until[gap] - start >= length) {
                return start;
            }
        }
        return NEVER;
    }

    /** Since when it is free, at a time at which it is free. */
    long freeSince(long time) {
        return from[gapAt(time)];
    }

    /** Until when it is free, at a time at which it is free. */
    long freeUntil(long time) {
        return until[gapAt(time)];
    }

    /** When the first placement starts; NEVER when there is none. */
    long neededAt() {
        return neededAt;
    }

    /** The request whose placement is the first; -1 when there is none. */
    int neededBy() {
        return neededBy;
    }

    /** Places a request in a gap that is long enough. */
    void place(long start, long end, int request) {
        int gap = gapAt(start);
        if (from[gap] == start) {
            from[gap] = end; // it may be empty now, which does no harm
        } else {
            if (end < until[gap]) {
                insert(gap + 1, end, until[gap]);
            }
            until[gap] = start;
        }
        if (start < neededAt) {
            neededAt = start;
            neededBy = request;
        }
    }

    /** The first gap that ends after a time, by binary search. */
    private int gapAt(long time) {
        int low = 0;
        int high = gaps - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (until[middle] <= time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void insert(int gap, long start, long end) {
        if (gaps == from.length) {
            from = Arrays.copyOf(from, 2 * gaps);
            until = Arrays.copyOf(until, 2 * gaps);
        }
        System.arraycopy(from, gap, from, gap + 1, gaps - gap);
        System.arraycopy(until, gap, until, gap + 1, gaps - gap);
        from[gap] = start;
        until[gap] = end;
        gaps++;
    }
}
