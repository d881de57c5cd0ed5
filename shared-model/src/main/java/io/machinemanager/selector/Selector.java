package io.machinemanager.selector;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import io.machinemanager.database.HqlCondition;
import io.machinemanager.error.InvalidRequestException;

/**
 * Selects machines by their labels, with the grammar of Kubernetes: requirements with commas between, all of which a machine
 * has to fulfil.
 *
 * @param requirements in the order in which they were written
 * @see <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors">Label
 *      selectors</a>
 */
public record Selector(List<Requirement> requirements) {

    /** The most characters of a selector's text. */
    public static final int MAX_LENGTH = 1000;

    /** The most requirements of a selector. */
    public static final int MAX_REQUIREMENTS = 16;

    /** Selects all machines. */
    public static final Selector ALL = new Selector(List.of());

    /** Copies the list. */
    public Selector {
        requirements = List.copyOf(requirements);
    }

    /**
     * Reads a selector.
     *
     * @param text at most {@link #MAX_LENGTH} characters with at most {@link #MAX_REQUIREMENTS} requirements; null, empty or
     *        blank for {@link #ALL}
     * @throws InvalidRequestException when it is wrong; it says at which character, also as the detail {@code position}, of
     *         which 1 is the first
     */
    public static Selector parse(String text) {
        return text == null ? ALL : new Selector(new SelectorParser(text).parse());
    }

    /** Whether a machine with these labels is selected. */
    public boolean matches(Map<String, String> labels) {
        return requirements.stream().allMatch(requirement -> requirement.matches(labels));
    }

    /** The normalised text, which {@link #parse} reads as an equal selector; empty for {@link #ALL}. */
    public String text() {
        return requirements.stream().map(Requirement::text).collect(Collectors.joining(","));
    }

    /**
     * The same condition for the database. Its index {@code ix_machine_labels_value} and the primary key of the labels make it
     * fast.
     *
     * @param machineId the HQL path of the machine's id, such as {@code m.id}
     * @return a condition whose parameters all begin with {@code selector}
     */
    public HqlCondition condition(String machineId) {
        HqlCondition all = HqlCondition.TRUE;
        for (int i = 0; i < requirements.size(); i++) {
            all = all.and(requirements.get(i).condition(machineId, i));
        }
        return all;
    }

    /** The normalised text. */
    @Override
    public String toString() {
        return text();
    }
}
