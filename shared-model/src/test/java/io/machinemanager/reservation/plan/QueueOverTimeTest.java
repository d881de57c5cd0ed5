package io.machinemanager.reservation.plan;

import static io.machinemanager.reservation.plan.Pools.at;
import static io.machinemanager.reservation.plan.Pools.minute;
import static io.machinemanager.reservation.plan.Pools.request;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.Deep;

/** Lets time pass: a plan is made each minute, what it assigns starts, and machines end when they were to end. */
class QueueOverTimeTest {

    private static final int POOLS = Deep.isIncluded() ? 20_000 : 4_000;

    /** A pool in which time passes. */
    private static final class Simulation {

        private final List<PlannedMachine> machines;
        private final List<WaitingRequest> line = new ArrayList<>();
        private final Map<Long, Integer> promised = new HashMap<>();
        private final Map<Long, Integer> started = new HashMap<>();
        private final int depth;
        private Plan plan = Plan.NONE;
        private int now;

        Simulation(List<PlannedMachine> machines, int depth) {
            this.machines = new ArrayList<>(machines);
            this.depth = depth;
        }

        /** Plans, starts what the plan assigns, checks the promises, and goes on to the next minute. */
        void passMinute() {
            plan = QueuePlanner.plan(machines, line, at(now), plan, depth);
            plan.assignments().forEach(this::start);
            plan.waiting().forEach((id, forecast) -> forecast.expectedAt().ifPresent(start -> keep(id, minute(start))));
            now++;
        }

        /** Lets time pass until only requests wait that can never start, and fails when that takes too long. */
        void passUntilAllStarted() {
            int last = now + 400;
            while (line.stream().anyMatch(request -> request.matches().cardinality() >= request.count())) {
                assertThat(now).as("the requests that were not served in time: %s", line).isLessThan(last);
                passMinute();
            }
        }

        private void start(long id, List<Long> ids) {
            WaitingRequest request = line.stream().filter(waiting -> waiting.id() == id).findFirst().orElseThrow();
            machines.replaceAll(machine -> ids.contains(machine.id())
                    ? new PlannedMachine(machine.id(), at(now).plus(request.duration()))
                    : machine);
            line.remove(request);
            started.put(id, now);
            keep(id, now);
        }

        private void keep(long id, int start) {
            Integer before = promised.putIfAbsent(id, start);
            if (before != null && start > before) {
                throw new AssertionError("Request %d was to start in minute %d, and in minute %d its start is %d"
                        .formatted(id, before, now, start));
            }
        }
    }

    private static void check(int seed, Simulation simulation, Runnable property) {
        List<PlannedMachine> machines = List.copyOf(simulation.machines);
        try {
            property.run();
        } catch (AssertionError | RuntimeException failure) {
            throw new AssertionError(
                    "Seed %d, depth %d, machines %s, in line %s".formatted(seed, simulation.depth, machines,
                            simulation.line),
                    failure);
        }
    }

    @Test
    void whatIsExpectedHappensWhenNothingElseDoes() {
        for (int seed = 0; seed < POOLS; seed++) {
            Random random = new Random(seed);
            Simulation simulation = new Simulation(Pools.randomMachines(random), QueuePlanner.DEPTH);
            simulation.line.addAll(Pools.randomRequests(random, 1, 9, simulation.machines.size()));
            check(seed, simulation, () -> {
                simulation.passUntilAllStarted();
                assertThat(simulation.started).isEqualTo(simulation.promised);
            });
        }
    }

    @Test
    void promisesAreKeptWhileOthersComeForEver() {
        for (int seed = 0; seed < POOLS; seed++) {
            Random random = new Random(seed);
            int depth = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : QueuePlanner.DEPTH;
            Simulation simulation = new Simulation(Pools.randomMachines(random), depth);
            List<WaitingRequest> arrivals = new ArrayList<>();
            for (int group = 0; group < 6; group++) {
                arrivals.addAll(Pools.randomRequests(random, 1 + 10 * group, 9, simulation.machines.size()));
            }
            check(seed, simulation, () -> {
                for (int minute = 0; minute < 25 && !arrivals.isEmpty(); minute++) {
                    for (int i = random.nextInt(4); i > 0 && !arrivals.isEmpty(); i--) {
                        simulation.line.add(arrivals.removeFirst());
                    }
                    simulation.passMinute();
                }
                simulation.passUntilAllStarted();
            });
        }
    }

    @Test
    void aBigRequestIsServedAlthoughSmallOnesKeepComing() {
        Simulation simulation = new Simulation(Pools.machines(3, 4, 5, 6), QueuePlanner.DEPTH);
        simulation.line.add(request(1, 4, 10, 0, 1, 2, 3));
        for (int minute = 0; minute < 10; minute++) {
            simulation.line.add(request(2 + minute, 1, 1 + minute % 4, 0, 1, 2, 3));
            simulation.passMinute();
        }
        assertThat(simulation.started).containsEntry(1L, 6);
    }

    @Test
    void twoRequestsThatEachWantWhatTheOtherHasHalfOfAreBothServed() {
        Simulation simulation = new Simulation(Pools.machines(0, 5, 0), QueuePlanner.DEPTH);
        simulation.line.add(request(1, 2, 10, 0, 1));
        simulation.line.add(request(2, 2, 10, 1, 2));
        for (int minute = 0; minute < 30; minute++) {
            simulation.passMinute();
        }
        assertThat(simulation.started).containsEntry(1L, 5).containsEntry(2L, 15);
    }
}
