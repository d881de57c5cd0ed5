package io.machinemanager.selector;

import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

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
