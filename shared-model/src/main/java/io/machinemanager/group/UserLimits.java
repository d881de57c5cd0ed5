package io.machinemanager.group;

import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.LimitReachedException;

/**
 * What a user may have: in each respect the best of the user's groups, or the settings for a user without a group.
 *
 * @param machines how many machines at once
 * @param minutes for how many minutes each, extensions included
 * @param queued how many requests may wait at once
 * @param priority 0 to 100; requests of a higher one are served first
 * @param mayBookDaysAhead how many days ahead the user may book; 0 for none
 * @param priorities the user's groups by name, each with its priority
 */
public record UserLimits(Limit machines, Limit minutes, Limit queued, int priority, int mayBookDaysAhead,
        SortedMap<String, Integer> priorities) {

    static UserLimits of(Collection<UserGroup> groups, LimitsConfig settings) {
        SortedMap<String, Integer> priorities = new TreeMap<>();
        groups.forEach(group -> priorities.put(group.name, group.priority));
        return new UserLimits(Limit.best(groups, group -> group.maxMachines, settings.maxMachines()),
                Limit.best(groups, group -> group.maxMinutes, settings.maxMinutes()),
                Limit.best(groups, group -> group.maxQueued, settings.maxQueued()),
                groups.stream().mapToInt(group -> group.priority).max().orElse(0),
                groups.stream().mapToInt(group -> group.mayBookDaysAhead).max().orElse(0), priorities);
    }

    /** How many machines at once; 0 for no limit. */
    public int maxMachines() {
        return machines.most();
    }

    /** For how many minutes each; 0 for no limit. */
    public int maxMinutes() {
        return minutes.most();
    }

    /** How many requests may wait at once; 0 for no limit. */
    public int maxQueued() {
        return queued.most();
    }

    /** The longest duration in minutes, for calculations; the largest number when there is no limit. */
    public int longestMinutes() {
        return minutes.isNone() ? Integer.MAX_VALUE : minutes.most();
    }

    /** The names of the user's groups, sorted. */
    public List<String> groups() {
        return List.copyOf(priorities.keySet());
    }

    /**
     * The priority of a request.
     *
     * @param group the group that the request names; null for none, which means the best of the user's groups
     * @throws InvalidRequestException when the user is not in the group, whether or not there is one with this name
     */
    public int priorityIn(String group) {
        if (group == null) {
            return priority;
        }
        Integer of = priorities.get(group);
        if (of == null) {
            throw new InvalidRequestException("You are not in a group named %s.%s".formatted(group,
                    priorities.isEmpty() ? "" : " Your groups are: %s.".formatted(String.join(", ", groups()))),
                    List.of("group"));
        }
        return of;
    }

    /**
     * Checks a duration.
     *
     * @throws InvalidRequestException when it is longer than allowed
     */
    public void checkMinutes(int duration) {
        if (minutes.isExceededBy(duration)) {
            throw new InvalidRequestException("The duration must be 1 to %d minutes%s.".formatted(minutes.most(),
                    minutes.group() == null ? "" : ", as the group %s allows".formatted(minutes.group())));
        }
    }

    /**
     * Checks whether the user may have more machines. The caller has locked the user, so that no other request of the user
     * is counted at the same time.
     *
     * @param used how many the user has
     * @param wanted how many more
     * @throws LimitReachedException when it would be too many
     */
    public void checkMachines(long used, int wanted) {
        if (machines.isExceededBy(used + wanted)) {
            throw new LimitReachedException("%s %s at once%s; you have %d and ask for %d more.".formatted(
                    machines.whose(), counted(machines.most(), "machine"),
                    setting(machines, "RESERVATION_MAX_MACHINES"),
                    used, wanted), machines.most(), used);
        }
    }

    /**
     * Checks whether one more request of the user may wait. The caller has locked the user.
     *
     * @param used how many wait
     * @throws LimitReachedException when it would be too many
     */
    public void checkQueued(long used) {
        if (queued.isExceededBy(used + 1)) {
            throw new LimitReachedException("%s %s waiting at once%s; %d of yours %s.".formatted(queued.whose(),
                    counted(queued.most(), "request"), setting(queued, "RESERVATION_MAX_QUEUED"), used,
                    used == 1 ? "is" : "are"), queued.most(),
                    used);
        }
    }

    private static String counted(int number, String thing) {
        return "%d %s%s".formatted(number, thing, number == 1 ? "" : "s");
    }

    private static String setting(Limit limit, String name) {
        return limit.group() == null ? " (%s)".formatted(name) : "";
    }
}
