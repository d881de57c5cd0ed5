package io.machinemanager.machine;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;

import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.selector.LabelSyntax;

/**
 * The rules for the labels of a machine. Labels whose names begin with {@value #OF_THE_SERVICE} say what the service has found
 * on the machine, and only the service sets them; admins set the others.
 */
public final class Labels {

    /** The most labels that admins may set on a machine; those of the service do not count. */
    public static final int MAX = 32;

    /** How the names of the service's own labels begin. */
    public static final String OF_THE_SERVICE = "mm/";

    private static final ObjectReader JSON = new ObjectMapper().readerFor(new TypeReference<TreeMap<String, String>>() {
    });

    private Labels() {
    }

    /** Whether only the service may set a label. */
    public static boolean isOfTheService(String name) {
        return name.startsWith(OF_THE_SERVICE);
    }

    /**
     * Why labels that an admin gives are not valid, as one sentence; empty when they are.
     *
     * @param labels values by name; null values are for labels to be removed
     */
    public static Optional<String> problemWith(Map<String, String> labels) {
        if (labels.values().stream().filter(value -> value != null).count() > MAX) {
            return Optional.of(tooMany());
        }
        return labels.entrySet().stream().flatMap(label -> problemWith(label.getKey(), label.getValue()).stream())
                .findFirst();
    }

    private static Optional<String> problemWith(String name, String value) {
        if (!LabelSyntax.isName(name)) {
            return Optional.of(LabelSyntax.NAME_RULE);
        }
        if (isOfTheService(name)) {
            return Optional.of(
                    "The label %s cannot be set or removed: names that begin with %s are for what the service finds."
                            .formatted(name, OF_THE_SERVICE));
        }
        return value == null || LabelSyntax.isValue(value)
                ? Optional.empty()
                : Optional.of("The value of the label %s is not valid. %s".formatted(name, LabelSyntax.VALUE_RULE));
    }

    /**
     * Merges a change into labels, by RFC 7396.
     *
     * @param change values by name; null removes a label
     * @throws InvalidRequestException when an admin would have set more than {@link #MAX} then
     */
    public static SortedMap<String, String> merge(Map<String, String> labels, Map<String, String> change) {
        SortedMap<String, String> merged = new TreeMap<>(labels);
        change.forEach((name, value) -> merged.compute(name, (same, before) -> value));
        if (merged.keySet().stream().filter(name -> !isOfTheService(name)).count() > MAX) {
            throw new InvalidRequestException(tooMany(), List.of("labels"));
        }
        return merged;
    }

    private static String tooMany() {
        return "A machine has at most %d labels, beside those that begin with %s.".formatted(MAX, OF_THE_SERVICE);
    }

    /**
     * Replaces the service's own labels.
     *
     * @param found all of the new ones, which were checked
     */
    public static SortedMap<String, String> replaceOfTheService(Map<String, String> labels, Map<String, String> found) {
        SortedMap<String, String> replaced = new TreeMap<>(labels);
        replaced.keySet().removeIf(Labels::isOfTheService);
        replaced.putAll(found);
        return replaced;
    }

    /** Labels as a text for people, such as {@code os=debian, gpu removed}. */
    public static String describe(Map<String, String> labels) {
        return new TreeMap<>(labels).entrySet().stream()
                .map(label -> label.getKey() + (label.getValue() == null ? " removed" : "=" + label.getValue()))
                .collect(Collectors.joining(", "));
    }

    /**
     * Reads labels from the JSON of {@link MachineLabel#AS_JSON}.
     *
     * @param json null for none
     */
    public static SortedMap<String, String> read(String json) {
        try {
            return json == null ? Collections.emptySortedMap() : JSON.readValue(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The database gave labels that are no JSON", e);
        }
    }
}
