package io.machinemanager.reservation.plan;

import static io.machinemanager.reservation.plan.Pools.at;
import static io.machinemanager.reservation.plan.Pools.minute;
import static io.machinemanager.reservation.plan.Pools.randomMachines;
import static io.machinemanager.reservation.plan.Pools.randomRequests;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.Deep;

/** Rules that hold for each plan, tried on random pools. A failure names the seed. */
class QueuePlannerPropertiesTest {

    /** For each rule, so that a build tries 120,000. */
    private static final int POOLS = Deep.isIncluded() ? 100_000 : 20_000;

    /** A pool and its plan. Every other one has a plan before, made for other requests first and other times. */
    private record Case(List<PlannedMachine> machines, List<WaitingRequest> requests, Plan before, int depth) {

        static Case of(Random random) {
            List<PlannedMachine> machines = randomMachines(random);
            List<WaitingRequest> requests = randomRequests(random, 1, 7, machines.size());
            int depth = random.nextInt(4) == 0 ? random.nextInt(3) : QueuePlanner.DEPTH;
            if (random.nextBoolean()) {
                return new Case(machines, requests, Plan.NONE, depth);
            }
            List<WaitingRequest> others = new ArrayList<>(requests);
            Collections.shuffle(others, random);
            List<PlannedMachine> lent = machines.stream()
                    .map(machine -> new PlannedMachine(machine.id(), at(random.nextInt(8)))).toList();
            Plan before = QueuePlanner.plan(lent, others, Pools.START, Plan.NONE, depth);
            return new Case(machines, requests, before, depth);
        }

        Plan plan(int first) {
            return QueuePlanner.plan(machines, requests.subList(0, first), Pools.START, before, depth);
        }

        Plan plan() {
            return plan(requests.size());
        }

        /** The minute in which each request starts; the largest number when that is not known. */
        Map<Long, Integer> starts(int first) {
            Map<Long, Integer> starts = new TreeMap<>();
            Plan plan = plan(first);
            plan.assignments().keySet().forEach(request -> starts.put(request, 0));
            plan.waiting().forEach((request, forecast) -> starts.put(request,
                    forecast.expectedAt().map(Pools::minute).orElse(Integer.MAX_VALUE)));
            return starts;
        }
    }

    /** Each rule begins with another seed, so that it sees other pools. */
    private static void check(int firstSeed, Consumer<Case> property) {
        for (int seed = firstSeed; seed < firstSeed + POOLS; seed++) {
            Case pool = Case.of(new Random(seed));
            try {
                property.accept(pool);
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("Seed %d, %s, plan %s".formatted(seed, pool, pool.plan()), failure);
            }
        }
    }

    @Test
    void whatIsPlannedIsFreeAndNothingStartsLaterThanItCould() {
        check(1_000_000, pool -> {
            Plan plan = pool.plan();
            assertThat(plan.assignments().size() + plan.waiting().size()).isEqualTo(pool.requests.size());
            PlacementTable table = new PlacementTable(pool.machines, 0);
            for (WaitingRequest request : pool.requests) {
                Optional<Integer> start = start(plan, request);
                if (pool.depth == QueuePlanner.DEPTH) {
                    assertThat(start.isPresent()).isEqualTo(request.matches().cardinality() >= request.count());
                    for (int earlier = 0; earlier < start.orElse(0); earlier++) {
                        if (table.free(request, earlier) >= request.count()) {
                            throw new AssertionError("%s could start in minute %d".formatted(request, earlier));
                        }
                    }
                }
                start.ifPresent(minute -> table.place(request, minute, machines(plan, request)));
            }
        });
    }

    private static Optional<Integer> start(Plan plan, WaitingRequest request) {
        return plan.assignments().containsKey(request.id())
                ? Optional.of(0)
                : plan.waiting().get(request.id()).expectedAt().map(Pools::minute);
    }

    private static List<Long> machines(Plan plan, WaitingRequest request) {
        return plan.assignments().getOrDefault(request.id(), plan.waiting()
                .getOrDefault(request.id(), new Forecast(1, Optional.empty(), List.of())).machines());
    }

    @Test
    void aLaterRequestNeverDelaysAnEarlierOne() {
        check(2_000_000, pool -> {
            Map<Long, Integer> all = pool.starts(pool.requests.size());
            for (int first = 1; first < pool.requests.size(); first++) {
                Map<Long, Integer> starts = pool.starts(first);
                assertThat(all).as("starts with the first %d requests and with all", first)
                        .containsAllEntriesOf(starts);
            }
        });
    }

    @Test
    void noMachineIsIdleThatCouldBeUsedAndBeFreeBeforeItIsNeeded() {
        check(3_000_000, pool -> {
            Plan plan = pool.plan();
            for (WaitingRequest request : pool.requests) {
                if (plan.waiting().containsKey(request.id()) && pool.depth == QueuePlanner.DEPTH) {
                    long usable = request.matches().stream().mapToObj(pool.machines::get)
                            .filter(machine -> isIdle(pool, plan, machine) && isNotNeeded(pool, plan, machine, request))
                            .count();
                    assertThat(usable).as("machines for %s", request).isLessThan(request.count());
                }
            }
        });
    }

    private static boolean isIdle(Case pool, Plan plan, PlannedMachine machine) {
        return minute(machine.freeFrom()) <= 0
                && plan.assignments().values().stream().noneMatch(ids -> ids.contains(machine.id()));
    }

    /** Whether no earlier request is planned on the machine before this one would be done. */
    private static boolean isNotNeeded(Case pool, Plan plan, PlannedMachine machine, WaitingRequest request) {
        return plan.waiting().entrySet().stream().filter(entry -> entry.getKey() < request.id())
                .map(Map.Entry::getValue).filter(forecast -> forecast.machines().contains(machine.id()))
                .allMatch(forecast -> minute(forecast.expectedAt().orElseThrow()) >= PlacementTable.minutes(request));
    }

    @Test
    void aFreeMachineIsKeptForTheRequestThatHasItNext() {
        check(4_000_000, pool -> {
            Plan plan = pool.plan();
            List<KeptMachine> kept = new ArrayList<>();
            for (PlannedMachine machine : pool.machines) {
                if (isIdle(pool, plan, machine)) {
                    plan.waiting().entrySet().stream()
                            .filter(entry -> entry.getValue().machines().contains(machine.id()))
                            .map(entry -> new KeptMachine(machine.id(), entry.getKey(),
                                    entry.getValue().expectedAt().orElseThrow()))
                            .min((one, other) -> one.until().compareTo(other.until())).ifPresent(kept::add);
                }
            }
            assertThat(plan.kept()).isEqualTo(kept);
        });
    }

    @Test
    void thePositionCountsEarlierRequestsForTheSameMachines() {
        check(5_000_000, pool -> {
            Plan plan = pool.plan();
            for (WaitingRequest request : pool.requests) {
                long earlier = pool.requests.stream().filter(other -> other.id() < request.id())
                        .filter(other -> plan.waiting().containsKey(other.id()))
                        .filter(other -> other.matches().cardinality() >= other.count())
                        .filter(other -> other.matches().intersects(request.matches())).count();
                if (plan.waiting().containsKey(request.id())) {
                    assertThat(plan.waiting().get(request.id()).position()).isEqualTo(1 + (int) earlier);
                }
            }
        });
    }

    @Test
    void behindTheDepthOnlyMachinesThatNobodyWaitsForAreUsed() {
        check(6_000_000, pool -> {
            Plan plan = pool.plan();
            for (WaitingRequest request : pool.requests) {
                List<WaitingRequest> ahead = pool.requests.stream().filter(other -> other.id() < request.id())
                        .filter(other -> plan.waiting().containsKey(other.id()))
                        .filter(other -> other.matches().cardinality() >= other.count()).toList();
                if (ahead.size() >= pool.depth) {
                    long usable = request.matches().stream().filter(
                            machine -> minute(pool.machines.get(machine).freeFrom()) <= 0
                                    && ahead.stream().noneMatch(other -> other.matches().get(machine))
                                    && pool.requests.stream().filter(other -> other.id() < request.id())
                                            .noneMatch(other -> plan.assignments().getOrDefault(other.id(), List.of())
                                                    .contains(pool.machines.get(machine).id())))
                            .count();
                    assertThat(plan.assignments().containsKey(request.id())).isEqualTo(usable >= request.count());
                    assertThat(start(plan, request).orElse(0)).isZero();
                }
            }
        });
    }
}
