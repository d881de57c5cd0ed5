package io.machinemanager.reservation.plan;

import static io.machinemanager.reservation.plan.Pools.START;
import static io.machinemanager.reservation.plan.Pools.at;
import static io.machinemanager.reservation.plan.Pools.machines;
import static io.machinemanager.reservation.plan.Pools.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.junit.jupiter.api.Test;

class QueuePlannerTest {

    private static final int[] ALL = {0, 1, 2, 3 };

    private static Plan plan(List<PlannedMachine> machines, WaitingRequest... requests) {
        return QueuePlanner.plan(machines, List.of(requests), START, Plan.NONE);
    }

    private static Optional<Instant> expected(Plan plan, long request) {
        return plan.waiting().get(request).expectedAt();
    }

    @Test
    void aRequestStartsOnMachinesThatAreFree() {
        Plan plan = plan(machines(5, 0, 0, 0), request(1, 2, 60, ALL));
        assertThat(plan.assignments()).containsExactly(Map.entry(1L, List.of(101L, 102L)));
        assertThat(plan.waiting()).isEmpty();
        assertThat(plan.kept()).isEmpty();
    }

    @Test
    void aRequestForSeveralMachinesKeepsThoseThatAreFreeUntilTheLastOneIs() {
        Plan plan = plan(machines(0, 5, 9), request(1, 2, 60, 0, 1, 2));
        assertThat(plan.assignments()).isEmpty();
        assertThat(plan.waiting()).containsEntry(1L, new Forecast(1, Optional.of(at(5)), List.of(100L, 101L)));
        assertThat(plan.kept()).containsExactly(new KeptMachine(100, 1, at(5)));
    }

    @Test
    void aLaterRequestUsesAKeptMachineWhenItIsDoneInTime() {
        Plan plan = plan(machines(0, 5), request(1, 2, 60, 0, 1), request(2, 1, 6, 0, 1), request(3, 1, 5, 0, 1));
        assertThat(plan.assignments()).containsOnlyKeys(3L);
        assertThat(expected(plan, 1)).contains(at(5));
        assertThat(expected(plan, 2)).contains(at(65));
        assertThat(plan.kept()).isEmpty();
    }

    @Test
    void aRequestForMoreMachinesThanMatchKeepsNothing() {
        Plan plan = plan(machines(0, 0), request(1, 2, 60, 1), request(2, 3, 60, 0, 1), request(3, 2, 60, 0, 1),
                request(4, 1, 60));
        assertThat(plan.assignments()).containsOnlyKeys(3L);
        assertThat(plan.waiting().values()).containsOnly(new Forecast(1, Optional.empty(), List.of()));
    }

    @Test
    void requestsThatCompeteForNothingPassEachOther() {
        Plan plan = plan(machines(5, 0, 7), request(1, 1, 60, 0), request(2, 1, 60, 1), request(3, 1, 60, 2),
                request(4, 1, 60, 0, 2));
        assertThat(plan.assignments()).containsOnlyKeys(2L);
        assertThat(plan.waiting().values()).extracting(Forecast::position).containsExactly(1, 1, 3);
    }

    @Test
    void aMachineThatIsKeptSoonIsUsedBeforeOneThatIsNeededByNobody() {
        Plan plan = plan(machines(0, 0, 5), request(1, 2, 60, 1, 2), request(2, 1, 5, 0, 1));
        assertThat(plan.assignments()).containsEntry(2L, List.of(101L));
    }

    @Test
    void aRequestThatWaitsTakesMachinesThatBecomeFreeThenAndLeavesTheFreeOne() {
        Plan plan = plan(machines(0, 5, 5, 5), request(1, 2, 60, ALL), request(2, 1, 60, ALL));
        assertThat(plan.waiting().get(1L).machines()).containsExactly(101L, 102L);
        assertThat(plan.assignments()).containsEntry(2L, List.of(100L));
    }

    @Test
    void amongEqualMachinesTheNextRequestIsLeftWhatItNeeds() {
        Plan plan = plan(machines(0, 0, 0), request(1, 1, 60, 0, 1, 2), request(2, 1, 60, 0), request(3, 1, 60, 1));
        assertThat(plan.assignments()).containsEntry(1L, List.of(102L)).containsEntry(2L, List.of(100L)).containsEntry(
                3L,
                List.of(101L));
    }

    @Test
    void aRequestKeepsTheMachinesThatWereMeantForIt() {
        List<PlannedMachine> machines = machines(5, 5, 5);
        Plan before = new Plan(Map.of(),
                Map.of(1L, new Forecast(1, Optional.of(at(5)), List.of(102L, 101L))), List.of());
        List<WaitingRequest> requests = List.of(request(1, 2, 60, 0, 1, 2), request(2, 1, 60, 1));
        assertThat(QueuePlanner.plan(machines, requests, START, before).waiting().get(1L).machines()).containsExactly(
                101L,
                102L);
    }

    @Test
    void machinesThatWereMeantAndNoLongerWorkAreForgotten() {
        Plan before = plan(machines(5, 5, 5), request(1, 2, 60, 0, 1, 2));
        List<PlannedMachine> left = machines(5, 5, 5).subList(1, 3);
        Plan plan = QueuePlanner.plan(left, List.of(request(1, 2, 60, 0, 1)), START, before);
        assertThat(plan.waiting().get(1L).machines()).containsExactly(101L, 102L);
    }

    @Test
    void behindTheDepthARequestStartsOnlyWhereNobodyWaits() {
        WaitingRequest[] requests = new WaitingRequest[QueuePlanner.DEPTH + 3];
        for (int i = 0; i < QueuePlanner.DEPTH; i++) {
            requests[i] = request(i, 2, 60, 0, 1);
        }
        requests[QueuePlanner.DEPTH] = request(5000, 1, 1, 0);
        requests[QueuePlanner.DEPTH + 1] = request(5001, 1, 1, 2);
        requests[QueuePlanner.DEPTH + 2] = request(5002, 1, 1, 2);
        Plan plan = plan(machines(0, 5, 0), requests);
        assertThat(plan.assignments()).containsOnlyKeys(5001L);
        assertThat(plan.waiting()).containsEntry(5000L, new Forecast(1001, Optional.empty(), List.of()))
                .containsEntry(5002L, new Forecast(1, Optional.empty(), List.of()));
        assertThat(expected(plan, QueuePlanner.DEPTH - 1)).contains(at(5 + 999 * 60));
    }

    @Test
    void timesCountToTheMicrosecond() {
        Instant free = START.plusNanos(1_000);
        Plan plan = plan(List.of(new PlannedMachine(100, free)), request(1, 1, 60, 0));
        assertThat(expected(plan, 1)).contains(free);
    }

    @Test
    void extremeTimesAndLengthsDoNoHarm() {
        List<PlannedMachine> machines = List.of(new PlannedMachine(100, Instant.MIN),
                new PlannedMachine(101, Instant.MAX));
        BitSet first = Pools.set(0);
        WaitingRequest longest = new WaitingRequest(1, 1, Duration.ofSeconds(Long.MAX_VALUE), first);
        WaitingRequest shortest = new WaitingRequest(2, 1, Duration.ofNanos(1), first);
        Plan plan = plan(machines, longest, shortest, request(3, 1, 1, 1), request(4, 2, 1, 0, 1));
        assertThat(plan.assignments()).containsOnlyKeys(1L);
        assertThat(expected(plan, 2)).isPresent();
        assertThat(expected(plan, 3)).isEmpty();
        assertThat(expected(plan, 4)).isEmpty();
    }

    @Test
    void nothingGivesAnEmptyPlan() {
        assertThat(plan(List.of())).isEqualTo(Plan.NONE);
        assertThat(plan(machines(0))).isEqualTo(Plan.NONE);
        assertThat(plan(List.of(), request(1, 1, 1)).waiting()).containsOnlyKeys(1L);
    }

    @Test
    void inputThatMakesNoSenseIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> request(7, 0, 1, 0)).withMessageContaining("Request 7");
        assertThatIllegalArgumentException().isThrownBy(() -> request(7, 1, 0, 0)).withMessageContaining("Request 7");
        assertThatIllegalArgumentException().isThrownBy(() -> plan(machines(0, 0), request(7, 1, 1, 2)))
                .withMessage("Request 7 matches a machine at position 2, and there are 2 machines.");
    }
}
