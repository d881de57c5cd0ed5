package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.machinemanager.reservation.AllocationRequest.Place;
import io.machinemanager.reservation.plan.Plan;
import io.machinemanager.reservation.plan.PlannedMachine;
import io.machinemanager.reservation.plan.QueuePlanner;
import io.machinemanager.reservation.plan.WaitingRequest;

/** The queue and the machines at one moment, and what follows from them. */
final class QueueSnapshot {

    private static final Comparator<QueueEntry> ORDER = Comparator.comparing(QueueEntry::place,
            Comparator.comparingInt(Place::priority).reversed().thenComparing(Place::createdAt)
                    .thenComparingLong(Place::requestId));

    private final Instant now;
    private final List<QueueEntry> entries;
    private final List<QueuedMachine> machines;
    private final Map<Long, Map<String, String>> labels;
    private final Map<Long, Set<Long>> refusals;
    private final Map<Object, Matches> matches = new HashMap<>();

    /** The machines that have a known future, in the order of {@link #machines}. */
    private final List<PlannedMachine> planned = new ArrayList<>();

    /**
     * The machines that match.
     *
     * @param all positions in {@link #machines}
     * @param planned positions in {@link #planned}
     */
    record Matches(BitSet all, BitSet planned) {

        int count() {
            return all.cardinality();
        }
    }

    private QueueSnapshot(Instant now, List<QueueEntry> entries) {
        this.now = now;
        this.entries = entries;
        this.machines = QueuedMachine.enabled(now);
        this.labels = entries.stream().allMatch(QueueEntry::takesAny) ? Map.of() : QueuedMachine.labels();
        this.refusals = Reservation.refusalsOf(entries.stream().map(QueueEntry::requestId).toList());
        machines.forEach(machine -> machine.freeFrom(now)
                .ifPresent(from -> planned.add(new PlannedMachine(machine.id(), from))));
    }

    /** Reads the queue in the caller's transaction. */
    static QueueSnapshot read(Instant now) {
        return new QueueSnapshot(now, QueueEntry.queue());
    }

    /** Reads the queue in the caller's transaction, and puts one more request into its place. */
    static QueueSnapshot readWith(QueueEntry entry, Instant now) {
        List<QueueEntry> entries = new ArrayList<>(QueueEntry.queue());
        entries.add(entry);
        entries.sort(ORDER);
        return new QueueSnapshot(now, entries);
    }

    List<QueueEntry> entries() {
        return entries;
    }

    Instant at() {
        return now;
    }

    List<QueuedMachine> machines() {
        return machines;
    }

    /** How many machines are free. */
    int free() {
        return (int) machines.stream().filter(QueuedMachine::isFree).count();
    }

    /**
     * Plans who gets what.
     *
     * @param before the last plan of this process, or {@link Plan#NONE}; it keeps what was promised as it is
     */
    Plan plan(Plan before) {
        return QueuePlanner.plan(planned, entries.stream().filter(entry -> entry.isDue(now))
                .map(entry -> new WaitingRequest(entry.requestId(), entry.count(),
                        Duration.ofMinutes(entry.minutes()).plus(QueuedMachine.REMOVAL), matches(entry).planned()))
                .toList(), now, before);
    }

    /** The machines that an entry may get. Entries that want the same share the result. */
    Matches matches(QueueEntry entry) {
        Set<Long> excluded = new HashSet<>(entry.filter().excluded());
        excluded.addAll(refusals.getOrDefault(entry.requestId(), Set.of()));
        MachineFilter filter = entry.filter().without(excluded);
        return matches.computeIfAbsent(filter, key -> match(filter));
    }

    private Matches match(MachineFilter filter) {
        Set<String> names = Set.copyOf(filter.names());
        Matches found = new Matches(new BitSet(), new BitSet());
        int position = 0;
        for (int i = 0; i < machines.size(); i++) {
            QueuedMachine machine = machines.get(i);
            boolean isPlanned = position < planned.size() && planned.get(position).id() == machine.id();
            if ((names.isEmpty() || names.contains(machine.name())) && !filter.excluded().contains(machine.id())
                    && filter.selector().matches(labels.getOrDefault(machine.id(), Map.of()))) {
                found.all().set(i);
                found.planned().set(position, isPlanned);
            }
            position += isPlanned ? 1 : 0;
        }
        return found;
    }
}
