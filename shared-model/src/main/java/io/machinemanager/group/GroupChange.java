package io.machinemanager.group;

import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.machinemanager.error.InvalidRequestException;

/**
 * The limits of a new group, or a change of them; null means the value of a user without a group, or no change. In the first
 * three, 0 means that there is no limit.
 *
 * @param maxMachines how many machines a member may have at once
 * @param maxMinutes for how many minutes a member may have a machine, extensions included
 * @param maxQueued how many requests of a member may wait at once
 * @param priority 0 to 100
 * @param mayBookDaysAhead how many days ahead a member may book, 0 to 366; 0 for none
 */
public record GroupChange(Integer maxMachines, Integer maxMinutes, Integer maxQueued, Integer priority,
        Integer mayBookDaysAhead) {

    /** The highest priority. */
    public static final int MAX_PRIORITY = 100;

    /** The most days ahead that a group can allow. */
    public static final int MAX_DAYS_AHEAD = 366;

    /** Why a limit is not valid, as one sentence; empty when it is. */
    public static Optional<String> problemWithLimit(String field, int value) {
        return problem(value, Integer.MAX_VALUE, field + " must be at least 0; 0 means no limit.");
    }

    /** Why a priority is not valid, as one sentence; empty when it is. */
    public static Optional<String> problemWithPriority(int value) {
        return problem(value, MAX_PRIORITY, "priority must be 0 to %d.".formatted(MAX_PRIORITY));
    }

    /** Why a number of days is not valid, as one sentence; empty when it is. */
    public static Optional<String> problemWithDaysAhead(int value) {
        return problem(value, MAX_DAYS_AHEAD, "may_book_days_ahead must be 0 to %d.".formatted(MAX_DAYS_AHEAD));
    }

    private static Optional<String> problem(int value, int most, String sentence) {
        return value >= 0 && value <= most ? Optional.empty() : Optional.of(sentence);
    }

    /**
     * Checks the values.
     *
     * @throws InvalidRequestException when one is not valid
     */
    void check() {
        Stream.of(problemOf("max_machines", maxMachines), problemOf("max_minutes", maxMinutes),
                problemOf("max_queued", maxQueued),
                Optional.ofNullable(priority).flatMap(GroupChange::problemWithPriority),
                Optional.ofNullable(mayBookDaysAhead).flatMap(GroupChange::problemWithDaysAhead))
                .flatMap(Optional::stream).findFirst().ifPresent(problem -> {
                    throw new InvalidRequestException(problem);
                });
    }

    private static Optional<String> problemOf(String field, Integer value) {
        return Optional.ofNullable(value).flatMap(given -> problemWithLimit(field, given));
    }

    /** The values that are given, for the audit. */
    @Override
    public String toString() {
        return Stream
                .of(text("max_machines", maxMachines), text("max_minutes", maxMinutes), text("max_queued", maxQueued),
                        text("priority", priority), text("may_book_days_ahead", mayBookDaysAhead))
                .filter(Objects::nonNull).collect(Collectors.joining(", "));
    }

    private static String text(String field, Integer value) {
        return value == null ? null : field + " " + value;
    }
}
