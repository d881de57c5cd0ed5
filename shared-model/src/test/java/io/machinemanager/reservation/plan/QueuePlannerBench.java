package io.machinemanager.reservation.plan;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * Not a test but a program that prints how long a plan takes: processor time, the median of 20 plans. The plan is made
 * without a plan before, and again with it. An argument selects the cases that contain it.
 */
final class QueuePlannerBench {

    private static final int ROUNDS = 20;
    private static final int[] MINUTES = {15, 30, 60, 60, 120, 240 };
    private static final ThreadMXBean THREAD = ManagementFactory.getThreadMXBean();

    /** The requests have up to {@code most} machines each, and each selector matches a tenth of the machines or more. */
    private record Case(int waiting, int machines, int selectors, int most, int percentFree) {

        List<PlannedMachine> pool(Random random) {
            return Pools.machines(IntStream.range(0, machines)
                    .map(i -> random.nextInt(100) < percentFree ? 0 : 1 + random.nextInt(240)).toArray());
        }

        List<WaitingRequest> queue(Random random) {
            List<BitSet> sets = IntStream.range(0, selectors).mapToObj(i -> {
                int share = i == 0 ? 100 : 10 + random.nextInt(50);
                return Pools.set(IntStream.range(0, machines).filter(machine -> random.nextInt(100) < share).toArray());
            }).toList();
            return IntStream.range(0, waiting).mapToObj(i -> new WaitingRequest(i, 1 + random.nextInt(most),
                    Duration.ofMinutes(MINUTES[random.nextInt(MINUTES.length)]), sets.get(i % selectors))).toList();
        }
    }

    private QueuePlannerBench() {
    }

    public static void main(String[] arguments) {
        List<Case> cases = List.of(new Case(1_000, 1_000, 8, 1, 0), new Case(1_000, 1_000, 8, 10, 0),
                new Case(1_000, 1_000, 8, 100, 0), new Case(1_000, 1_000, 1_000, 10, 0),
                new Case(1_000, 1_000, 8, 10, 50), new Case(10_000, 1_000, 8, 10, 0),
                new Case(10_000, 1_000, 10_000, 10, 0), new Case(10_000, 10_000, 8, 10, 0));
        cases.stream().filter(one -> arguments.length == 0 || one.toString().contains(arguments[0]))
                .forEach(QueuePlannerBench::measure);
    }

    private static void measure(Case one) {
        Random random = new Random(16);
        List<PlannedMachine> pool = one.pool(random);
        List<WaitingRequest> queue = one.queue(random);
        Plan plan = QueuePlanner.plan(pool, queue, Pools.START, Plan.NONE);
        ToLongFunction<Plan> time = before -> {
            long start = THREAD.getCurrentThreadCpuTime();
            QueuePlanner.plan(pool, queue, Pools.START, before);
            return THREAD.getCurrentThreadCpuTime() - start;
        };
        List<Long> first = new ArrayList<>();
        List<Long> next = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            first.add(time.applyAsLong(Plan.NONE));
            next.add(time.applyAsLong(plan));
        }
        System.out.printf("%s: first %.1f ms, next %.1f ms%n", one, median(first), median(next));
    }

    private static double median(List<Long> nanos) {
        return nanos.stream().sorted().skip(nanos.size() / 2).findFirst().orElseThrow() / 1e6;
    }
}
