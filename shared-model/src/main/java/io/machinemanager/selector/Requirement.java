package io.machinemanager.selector;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

import io.machinemanager.database.HqlCondition;

/**
 * What a selector requires of one label.
 *
 * @param name the name of the label
 * @param operator what is required
 * @param values the values that the operator compares with; empty for {@link Operator#EXISTS} and
 *        {@link Operator#NOT_EXISTS}
 */
public record Requirement(String name, Operator operator, SortedSet<String> values) {

    /** What is required of a label. */
    public enum Operator {
        /** The machine has the label, with one of the values: {@code k=v}, {@code k in (a,b)}. */
        IN,
        /** The machine has the label with another value, or not at all: {@code k!=v}, {@code k notin (a,b)}. */
        NOT_IN,
        /** The machine has the label: {@code k}. */
        EXISTS,
        /** The machine does not have the label: {@code !k}. */
        NOT_EXISTS;

        /** Whether a machine without the label fulfils it. */
        boolean isNegative() {
            return this == NOT_IN || this == NOT_EXISTS;
        }
    }

    /** Copies the values. */
    public Requirement {
        values = Collections.unmodifiableSortedSet(new TreeSet<>(values));
    }

    /** Whether a machine with these labels fulfils it. */
    public boolean matches(Map<String, String> labels) {
        String value = labels.get(name);
        return switch (operator) {
            case IN -> value != null && values.contains(value);
            case NOT_IN -> value == null || !values.contains(value);
            case EXISTS -> value != null;
            case NOT_EXISTS -> value == null;
        };
    }

    /**
     * The same condition for the database.
     *
     * @param machineId the HQL path of the machine's id
     * @param number its place in the selector; the names of the alias and the parameters end with it
     */
    HqlCondition condition(String machineId, int number) {
        String label = "selectorLabel" + number;
        HqlCondition ofLabel = HqlCondition.of("%1$s.machineId = %2$s and %1$s.name = :selectorName%3$d"
                .formatted(label, machineId, number), "selectorName" + number, name);
        HqlCondition ofValue = values.isEmpty()
                ? HqlCondition.TRUE
                : HqlCondition.of("%s.value in :selectorValues%d".formatted(label, number), "selectorValues" + number,
                        List.copyOf(values));
        HqlCondition both = ofLabel.and(ofValue);
        return new HqlCondition("%sexists (select 1 from MachineLabel %s where %s)"
                .formatted(operator.isNegative() ? "not " : "", label, both.hql()), both.parameters());
    }

    /** The normalised text, with sorted values. */
    String text() {
        return switch (operator) {
            case IN -> name + (values.size() == 1 ? "=" + values.first() : " in " + set());
            case NOT_IN -> name + (values.size() == 1 ? "!=" + values.first() : " notin " + set());
            case EXISTS -> name;
            case NOT_EXISTS -> "!" + name;
        };
    }

    private String set() {
        return "(" + String.join(",", values) + ")";
    }
}
