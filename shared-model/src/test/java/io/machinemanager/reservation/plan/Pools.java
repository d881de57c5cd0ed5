package io.machinemanager.reservation.plan;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Small pools and queues in whole minutes. Machine i has the id 100 + i, request i the id i. */
final class Pools {

    static final Instant START = Instant.parse("2026-11-30T12:00:00Z");

    private Pools() {
    }

    /** The time so many minutes after the start. */
    static Instant at(int minute) {
        return START.plus(Duration.ofMinutes(minute));
    }

    /** The minutes from the start until then. */
    static int minute(Instant time) {
        return (int) Duration.between(START, time).toMinutes();
    }

    static List<PlannedMachine> machines(int... freeFrom) {
        return IntStream.range(0, freeFrom.length).mapToObj(i -> new PlannedMachine(100 + i, at(freeFrom[i]))).toList();
    }

    static WaitingRequest request(int id, int count, int minutes, int... matches) {
        return new WaitingRequest(id, count, Duration.ofMinutes(minutes), set(matches));
    }

    static BitSet set(int... positions) {
        BitSet set = new BitSet();
        IntStream.of(positions).forEach(set::set);
        return set;
    }

    /** Up to five machines, half of them free. */
    static List<PlannedMachine> randomMachines(Random random) {
        return machines(IntStream.range(0, 1 + random.nextInt(5))
                .map(i -> random.nextBoolean() ? -random.nextInt(2) : 1 + random.nextInt(7)).toArray());
    }

    /** Requests with ids from {@code firstId} on, which have few selectors between them. */
    static List<WaitingRequest> randomRequests(Random random, int firstId, int most, int machines) {
        List<BitSet> sets = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            sets.add(set(IntStream.range(0, machines).filter(machine -> random.nextInt(3) > 0).toArray()));
        }
        return IntStream.range(firstId, firstId + random.nextInt(most + 1)).mapToObj(id -> new WaitingRequest(id,
                1 + random.nextInt(random.nextInt(3) + 1), Duration.ofMinutes(1 + random.nextInt(6)),
                sets.get(random.nextInt(sets.size())))).toList();
    }
}
