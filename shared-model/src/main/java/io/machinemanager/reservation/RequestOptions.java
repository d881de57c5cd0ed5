package io.machinemanager.reservation;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.machine.MachineName;
import io.machinemanager.selector.Selector;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What a request may say beside how many machines for how long.
 *
 * @param selector the labels that the machines must have; null for any
 * @param machines the names of the wanted machines, which are then exactly these; empty for any
 * @param waitMinutes how long to wait in the queue when too few machines are free; 0 for not at all
 * @param keepaliveMinutes the request ends when it is not kept alive for so long, 2 to 60; null for never
 * @param note the purpose; null for none
 * @param group the group that it is charged to; null for the best one of the requester
 */
@RegisterForReflection // stored as JSON for repeated requests
@JsonInclude(Include.NON_DEFAULT)
public record RequestOptions(String selector, List<String> machines, int waitMinutes, Integer keepaliveMinutes,
        String note, String group) {

    /** Any machines, and no wait. */
    public static final RequestOptions NONE = new RequestOptions(null, List.of(), 0, null, null, null);

    /** The longest note, in characters. */
    public static final int MAX_NOTE = 200;
    private static final int MIN_KEEPALIVE = 2;
    private static final int MAX_KEEPALIVE = 60;
    private static final int MAX_NAMES = 1000;

    public RequestOptions {
        if (machines != null && machines.stream().anyMatch(Objects::isNull)) {
            throw new InvalidRequestException("machines is a list of names.", List.of("machines"));
        }
        machines = machines == null ? List.of() : List.copyOf(machines);
        selector = selector == null || selector.isBlank() ? null : Selector.parse(selector).text();
        if (selector != null && selector.length() > Selector.MAX_LENGTH) {
            throw new InvalidRequestException("The selector is too long.", List.of("selector"));
        }
        note = note == null || note.isBlank() ? null : note.strip();
        group = group == null || group.isEmpty() ? null : group;
    }

    /** Tells whether the request asks for something that only the queue can answer. */
    public boolean waits() {
        return waitMinutes > 0;
    }

    /** Tells whether only some machines are wanted. */
    boolean choosesMachines() {
        return selector != null || !machines.isEmpty();
    }

    void check(int maxWaitMinutes) {
        if (waitMinutes < 0 || waitMinutes > maxWaitMinutes) {
            throw new InvalidRequestException("wait_minutes must be 0 to %d.".formatted(maxWaitMinutes),
                    List.of("wait_minutes"));
        }
        if (keepaliveMinutes != null && (keepaliveMinutes < MIN_KEEPALIVE || keepaliveMinutes > MAX_KEEPALIVE)) {
            throw new InvalidRequestException(
                    "keepalive_minutes must be %d to %d.".formatted(MIN_KEEPALIVE, MAX_KEEPALIVE),
                    List.of("keepalive_minutes"));
        }
        checkNote(note);
        checkMachines();
    }

    /**
     * Checks a note.
     *
     * @throws InvalidRequestException when it is too long or has control characters
     */
    public static void checkNote(String note) {
        if (note != null && (note.codePointCount(0, note.length()) > MAX_NOTE
                || note.codePoints().anyMatch(Character::isISOControl))) {
            throw new InvalidRequestException(
                    "A note has at most %d characters, and no line breaks or other control characters."
                            .formatted(MAX_NOTE),
                    List.of("note"));
        }
    }

    private void checkMachines() {
        if (!machines.isEmpty() && selector != null) {
            throw new InvalidRequestException("Give either a selector or machines.", List.of("selector", "machines"));
        }
        if (machines.size() > MAX_NAMES || new HashSet<>(machines).size() < machines.size()) {
            throw new InvalidRequestException(
                    "machines has at most %d names, each of them once.".formatted(MAX_NAMES), List.of("machines"));
        }
        machines.forEach(name -> MachineName.problemWith(name).ifPresent(problem -> {
            throw new InvalidRequestException(problem, List.of("machines"));
        }));
    }
}
