package io.machinemanager.reservation.plan;

import static io.machinemanager.reservation.plan.Pools.minute;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;

/** Which request has which machine in which minute: the plain table that the planner's timelines are compared with. */
final class PlacementTable {

    private static final int MINUTES = 150;

    /** By machine and minute from now. */
    private final boolean[][] busy;
    private final List<PlannedMachine> machines;
    private final int now;

    PlacementTable(List<PlannedMachine> machines, int now) {
        this.machines = machines;
        this.now = now;
        busy = new boolean[machines.size()][MINUTES];
        for (int machine = 0; machine < busy.length; machine++) {
            for (int time = now; time < minute(machines.get(machine).freeFrom()); time++) {
                busy[machine][time - now] = true;
            }
        }
    }

    /** Places a request, and fails when the place is taken or is not one for this request. */
    void place(WaitingRequest request, int start, List<Long> ids) {
        assertThat(ids).as("machines of %s", request).doesNotHaveDuplicates().hasSize(request.count());
        for (long id : ids) {
            int machine = IntStream.range(0, busy.length).filter(i -> machines.get(i).id() == id).findFirst()
                    .orElseThrow();
            assertThat(request.matches().get(machine)).as("machine %d matches %s", id, request).isTrue();
            assertThat(fits(machine, start, minutes(request))).as("machine %d is free for %s", id, request).isTrue();
            for (int time = start; time < start + minutes(request); time++) {
                busy[machine][time - now] = true;
            }
        }
    }

    /** How many of the request's machines are free together from then on for as long as it needs them. */
    long free(WaitingRequest request, int start) {
        return request.matches().stream().filter(machine -> fits(machine, start, minutes(request))).count();
    }

    boolean fits(int machine, int start, int minutes) {
        return !IntStream.range(start, start + minutes).anyMatch(time -> busy[machine][time - now]);
    }

    static int minutes(WaitingRequest request) {
        return (int) request.duration().toMinutes();
    }
}
