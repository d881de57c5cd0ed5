package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.machinemanager.group.GroupMember;
import io.machinemanager.group.LimitsService;
import io.machinemanager.group.MachineGroup;
import io.machinemanager.group.UserLimits;
import io.machinemanager.reservation.AllocationRequest.Place;
import io.machinemanager.reservation.plan.Plan;
import io.machinemanager.reservation.plan.PlannedMachine;
import io.machinemanager.reservation.plan.QueuePlanner;
import io.machinemanager.reservation.plan.WaitingRequest;
import io.machinemanager.selector.Selector;

/** The queue and the machines at one moment, and what follows from them. */
final class QueueSnapshot {

    private static final Comparator<QueueEntry> ORDER = Comparator.comparing(QueueEntry::place,
            Comparator.comparingInt(Place::priority).reversed().thenComparingLong(Place::requestId));

    private final Instant now;
    private final List<QueueEntry> entries;
    private final Map<Long, QueueEntry> byRequest;
    private final List<QueuedMachine> machines;
    private final Map<Long, Map<String, String>> labels;
    private final Map<Long, Set<Long>> refusals;
    private final Map<Long, Set<Long>> groupsOfMachines;
    private final Map<Long, Set<Long>> groupsOfUsers;
    private final Map<Long, UserLimits> allowed;
    private final Map<Long, AboveLimit> aboveLimit = new HashMap<>();
    private final Map<Demand, Matches> matches = new HashMap<>();

    /** The machines that have a known future, in the order of {@link #machines}. */
    private final List<PlannedMachine> planned = new ArrayList<>();

    /**
     * What entries have in common that may get the same machines.
     *
     * @param groups the groups of the owner that are named by any machine
     */
    private record Demand(Selector selector, List<String> names, Set<Long> groups, Set<Long> excluded) {
    }

    /**
     * Why an entry is not served now although its machines may be free.
     *
     * @param machines how many machines its owner would have, with those that earlier entries of the owner want
     * @param most how many the owner may have
     */
    record AboveLimit(long machines, int most) {
    }

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

    private QueueSnapshot(Instant now, List<QueueEntry> entries, LimitsService limits) {
        this.now = now;
        this.entries = entries;
        this.byRequest = entries.stream().collect(Collectors.toMap(QueueEntry::requestId, Function.identity()));
        Set<Long> owners = entries.stream().map(QueueEntry::ownerId).collect(Collectors.toSet());
        this.machines = QueuedMachine.enabled(now);
        this.labels = entries.stream().allMatch(QueueEntry::takesAny) ? Map.of() : QueuedMachine.labels();
        this.refusals = PastReservations
                .refusalsOf(entries.stream().filter(QueueEntry::wasTried).map(QueueEntry::requestId).toList());
        this.groupsOfMachines = MachineGroup.groupsOf(machines.stream().map(QueuedMachine::id).toList());
        this.groupsOfUsers = groupsOfMachines.isEmpty()
                ? Map.of()
                : GroupMember.groupsOf(owners);
        this.allowed = limits.of(owners);
        findLimits(owners);
        machines.forEach(machine -> machine.freeFrom(now)
                .ifPresent(from -> planned.add(new PlannedMachine(machine.id(), from))));
    }

    /** Which entries cannot be served now because of what their owner has, or gets for an earlier entry. */
    private void findLimits(Set<Long> owners) {
        Map<Long, Long> used = Reservation.countsInUse(owners);
        for (QueueEntry entry : entries) {
            int most = mostMachines(entry);
            long wanted = used.getOrDefault(entry.ownerId(), 0L) + entry.count();
            if (most > 0 && wanted > most && entry.waitsUntil() != null) {
                aboveLimit.put(entry.requestId(), new AboveLimit(wanted, most));
            } else if (most > 0) {
                used.put(entry.ownerId(), wanted);
            }
        }
    }

    /** How many machines the owner of an entry may have at once; 0 for no limit. */
    int mostMachines(QueueEntry entry) {
        return Optional.ofNullable(allowed.get(entry.ownerId())).map(UserLimits::maxMachines).orElse(0);
    }

    /** Reads the queue in the caller's transaction. */
    static QueueSnapshot read(Instant now, LimitsService limits) {
        return new QueueSnapshot(now, QueueEntry.queue(), limits);
    }

    /** Reads the queue in the caller's transaction, and puts one more request into its place. */
    static QueueSnapshot readWith(QueueEntry entry, Instant now, LimitsService limits) {
        List<QueueEntry> entries = new ArrayList<>(QueueEntry.queue());
        entries.add(entry);
        entries.sort(ORDER);
        return new QueueSnapshot(now, entries, limits);
    }

    /** The entry of a request, if it waits. */
    Optional<QueueEntry> entry(long requestId) {
        return Optional.ofNullable(byRequest.get(requestId));
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

    /** Tells whether a request may be served now; one whose accounts could not be made pauses. */
    boolean isDue(long requestId) {
        return entry(requestId).stream().allMatch(entry -> entry.isDue(now));
    }

    /** How many machines are kept as spares: a share of the enabled ones, rounded up. */
    int spares(int percent) {
        return Math.ceilDiv(machines.size() * percent, 100);
    }

    /** Tells whether the owner of an entry may not have so many machines at all. */
    boolean isBeyondLimit(QueueEntry entry) {
        return aboveLimit(entry).filter(limit -> entry.count() > limit.most()).isPresent();
    }

    /** Whether the owner of an entry would have more machines than allowed; empty if not. */
    Optional<AboveLimit> aboveLimit(QueueEntry entry) {
        return Optional.ofNullable(aboveLimit.get(entry.requestId()));
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
        return QueuePlanner.plan(planned, entries.stream().filter(entry -> aboveLimit(entry).isEmpty())
                .map(entry -> new WaitingRequest(entry.requestId(), entry.count(),
                        Duration.ofMinutes(entry.minutes()).plus(QueuedMachine.REMOVAL), matches(entry).planned()))
                .toList(), now, before);
    }

    /**
     * What starts now: the assignments of a plan, up to the first one that would need a spare.
     *
     * @param sparePercent the share of the machines that stays free
     */
    Map<Long, List<Long>> starts(Plan plan, int sparePercent) {
        Map<Long, List<Long>> starts = new LinkedHashMap<>();
        int free = free() - spares(sparePercent);
        for (Map.Entry<Long, List<Long>> assignment : plan.assignments().entrySet()) {
            free -= assignment.getValue().size();
            if (free < 0) {
                break;
            }
            starts.put(assignment.getKey(), assignment.getValue());
        }
        return starts;
    }

    /** The machines that an entry may get. Entries that want the same share the result. */
    synchronized Matches matches(QueueEntry entry) {
        Set<Long> excluded = new HashSet<>(entry.filter().excluded());
        excluded.addAll(refusals.getOrDefault(entry.requestId(), Set.of()));
        Demand wanted = new Demand(entry.filter().selector(), entry.filter().names(),
                groupsOfUsers.getOrDefault(entry.ownerId(), Set.of()), excluded);
        return matches.computeIfAbsent(wanted, this::match);
    }

    private Matches match(Demand wanted) {
        Set<String> names = Set.copyOf(wanted.names());
        Matches found = new Matches(new BitSet(), new BitSet());
        int position = 0;
        for (int i = 0; i < machines.size(); i++) {
            QueuedMachine machine = machines.get(i);
            boolean isPlanned = position < planned.size() && planned.get(position).id() == machine.id();
            if ((names.isEmpty() || names.contains(machine.name())) && !wanted.excluded().contains(machine.id())
                    && isOpenTo(wanted.groups(), machine)
                    && wanted.selector().matches(labels.getOrDefault(machine.id(), Map.of()))) {
                found.all().set(i);
                found.planned().set(position, isPlanned);
            }
            position += isPlanned ? 1 : 0;
        }
        return found;
    }

    private boolean isOpenTo(Set<Long> groups, QueuedMachine machine) {
        Set<Long> named = groupsOfMachines.getOrDefault(machine.id(), Set.of());
        return named.isEmpty() || named.stream().anyMatch(groups::contains);
    }
}
