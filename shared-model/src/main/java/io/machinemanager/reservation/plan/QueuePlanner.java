package io.machinemanager.reservation.plan;

import static io.machinemanager.reservation.plan.PlanClock.NEVER;

import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides which waiting requests get which machines now, and when the others will: conservative backfill. Each machine has
 * a timeline. The requests are placed on the timelines in their order, each at the earliest time from which enough of its
 * machines are free together for as long as it needs them. So a request may pass an earlier one, but never delays it.
 * Times count in whole microseconds.
 */
public final class QueuePlanner {

    /**
     * So many waiting requests are placed on the timelines. A request behind them starts only on free machines that no
     * earlier waiting request may use.
     */
    public static final int DEPTH = 1_000;

    /** How many of the requests behind it a request leaves the machines to that they need, if it has a choice. */
    private static final int LOOK_AHEAD = 100;

    private final PlanClock clock;
    private final List<PlannedMachine> machines;
    private final List<WaitingRequest> requests;
    private final MatchSet[] matches;
    private final MeantMachines meant;
    private final Timelines timelines;
    /** The machines that are free after the assignments. */
    private final BitSet free;
    /** Those of them that no waiting request may use. */
    private final BitSet unclaimed;
    private final WaitingLine line;
    private final Map<Long, List<Long>> assignments = new LinkedHashMap<>();
    private final Map<Long, Forecast> waiting = new LinkedHashMap<>();

    private QueuePlanner(List<PlannedMachine> machines, List<WaitingRequest> requests, Instant now, Plan before) {
        this.machines = machines;
        this.requests = requests;
        clock = new PlanClock(now);
        matches = MatchSet.of(requests);
        meant = new MeantMachines(machines, before);
        timelines = new Timelines(machines, clock);
        line = new WaitingLine(machines.size());
        free = timelines.free();
        unclaimed = (BitSet) free.clone();
    }

    /**
     * Makes a plan.
     *
     * @param machines the machines that work
     * @param requests the requests that wait, the first in line first
     * @param now the time
     * @param before the last plan, or {@link Plan#NONE}. A request keeps the machines that were meant for it unless it can
     *        start earlier, so that a promised start never gets later by time that passes or by later requests
     * @return the plan; the same input always gives the same one
     * @throws IllegalArgumentException when a request matches a machine that is not in the list
     */
    public static Plan plan(List<PlannedMachine> machines, List<WaitingRequest> requests, Instant now, Plan before) {
        return plan(machines, requests, now, before, DEPTH);
    }

    static Plan plan(List<PlannedMachine> machines, List<WaitingRequest> requests, Instant now, Plan before,
            int depth) {
        for (WaitingRequest request : requests) {
            if (request.matches().length() > machines.size()) {
                throw new IllegalArgumentException(
                        "Request %d matches a machine at position %d, and there are %d machines."
                                .formatted(request.id(), request.matches().length() - 1, machines.size()));
            }
        }
        return new QueuePlanner(machines, requests, now, before).run(depth);
    }

    private Plan run(int depth) {
        int placed = 0;
        for (int request = 0; request < matches.length; request++) {
            if (matches[request].positions.length < requests.get(request).count()) {
                forecast(request, Optional.empty(), new BitSet());
            } else if (placed == depth) {
                startOnUnclaimed(request);
            } else if (place(request)) {
                placed++;
            }
        }
        return new Plan(assignments, waiting, kept());
    }

    /**
     * Places a request on the timelines.
     *
     * @return whether it waits there
     */
    private boolean place(int request) {
        int count = requests.get(request).count();
        long length = PlanClock.length(requests.get(request).duration());
        long start = timelines.earliestStart(matches[request], count, length);
        matches[request].placed(count, length, start);
        if (start == NEVER) {
            forecast(request, Optional.empty(), new BitSet());
            return false;
        }
        BitSet chosen = choose(request, start, length);
        chosen.stream().forEach(machine -> timelines.of(machine).place(start, start + length, request));
        if (start == 0) {
            assign(request, chosen);
            return false;
        }
        forecast(request, Optional.of(clock.at(start)), chosen);
        claim(request);
        return true;
    }

    /**
     * Chooses the machines so that later requests lose least: the tightest gaps, and of equal gaps those that the next
     * requests do not need. The next request comes first in this. So it makes no difference to a request which others come
     * after it, as it would if the requests were counted.
     */
    private BitSet choose(int request, long start, long length) {
        int count = requests.get(request).count();
        BitSet fitting = timelines.fitting(matches[request].positions, start, length);
        BitSet before = meant.of(requests.get(request).id());
        if (before.cardinality() == count && isSubset(before, fitting)) {
            return before;
        }
        MachineChoice choice = new MachineChoice(fitting, count);
        choice.preferLowest(machine -> timelines.of(machine).freeUntil(start));
        choice.preferLowest(machine -> -timelines.of(machine).freeSince(start));
        int last = Math.min(request + LOOK_AHEAD, matches.length - 1);
        for (int next = request + 1; next <= last && !choice.isDecided(); next++) {
            choice.avoid(meant.of(requests.get(next).id()));
            if (matches[next] != matches[request]) {
                choice.avoid(matches[next].machines);
            }
        }
        return choice.machines();
    }

    private static boolean isSubset(BitSet some, BitSet all) {
        BitSet others = (BitSet) some.clone();
        others.andNot(all);
        return others.isEmpty();
    }

    /** Starts a request on the lowest machines that no earlier waiting request may use, if there are enough. */
    private void startOnUnclaimed(int request) {
        int count = requests.get(request).count();
        BitSet usable = new BitSet();
        if (!unclaimed.isEmpty() && matches[request].waiting == 0) {
            usable.or(unclaimed);
            usable.and(matches[request].machines);
        }
        if (usable.cardinality() >= count) {
            assign(request, new MachineChoice(usable, count).machines());
        } else {
            forecast(request, Optional.empty(), new BitSet());
            claim(request);
        }
    }

    private void assign(int request, BitSet chosen) {
        assignments.put(requests.get(request).id(), ids(chosen));
        free.andNot(chosen);
        unclaimed.andNot(chosen);
    }

    private void forecast(int request, Optional<Instant> expectedAt, BitSet chosen) {
        int position = 1 + line.competitors(matches[request]);
        waiting.put(requests.get(request).id(), new Forecast(position, expectedAt, ids(chosen)));
    }

    private void claim(int request) {
        line.add(matches[request]);
        unclaimed.andNot(matches[request].machines);
    }

    private List<KeptMachine> kept() {
        List<KeptMachine> kept = new ArrayList<>();
        free.stream().filter(machine -> timelines.of(machine).neededBy() >= 0).forEach(machine -> {
            MachineTimeline timeline = timelines.of(machine);
            kept.add(new KeptMachine(machines.get(machine).id(), requests.get(timeline.neededBy()).id(),
                    clock.at(timeline.neededAt())));
        });
        return kept;
    }

    private List<Long> ids(BitSet positions) {
        return positions.stream().mapToObj(machine -> machines.get(machine).id()).toList();
    }
}
