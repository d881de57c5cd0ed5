package io.machinemanager.api.input;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import jakarta.ws.rs.core.UriInfo;

import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.selector.Selector;

/** The query of a request, with errors that name the parameter and never repeat its value. */
public final class QueryParameters {

    /** The parameter with a selector. */
    public static final String SELECTOR = "selector";

    /** The API's description of that parameter. */
    public static final String SELECTOR_DESCRIBED = "Which machines, by their labels: requirements with commas between, each"
            + " `k=v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k` or `!k`; all machines without it.";

    private static final Pattern ID = Pattern.compile("[0-9]{1,18}");

    private final Map<String, List<String>> values;

    private QueryParameters(Map<String, List<String>> values) {
        this.values = values;
    }

    /** The query of that request. */
    public static QueryParameters of(UriInfo uri) {
        return new QueryParameters(uri.getQueryParameters());
    }

    /**
     * A parameter's value as text.
     *
     * @return nothing when it is not given
     * @throws InvalidRequestException when it is given more than once
     */
    public Optional<String> text(String name) {
        List<String> given = values.getOrDefault(name, List.of());
        if (given.size() > 1) {
            throw new InvalidRequestException("The parameter %s is given more than once.".formatted(name),
                    List.of(name));
        }
        return given.stream().findFirst();
    }

    /**
     * A parameter's value as one of some constants, written in lower case.
     *
     * @throws InvalidRequestException when it is anything else
     */
    public <E extends Enum<E>> Optional<E> oneOf(String name, Set<E> allowed) {
        return text(name).map(text -> allowed.stream().filter(constant -> code(constant).equals(text)).findFirst()
                .orElseThrow(() -> new InvalidRequestException("The parameter %s must be one of %s.".formatted(name,
                        allowed.stream().map(QueryParameters::code).collect(Collectors.joining(", "))),
                        List.of(name))));
    }

    private static String code(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /**
     * A parameter's value as a number.
     *
     * @throws InvalidRequestException when it is no whole number of 32 bits
     */
    public Optional<Integer> number(String name) {
        return text(name).map(text -> IntegerDeserializer.parse(text).orElseThrow(() -> new InvalidRequestException(
                "The parameter %s must be a whole number, at most %d.".formatted(name, Integer.MAX_VALUE),
                List.of(name))));
    }

    /**
     * A parameter's value as a number of at least {@code min}.
     *
     * @throws InvalidRequestException when it is anything else
     */
    public Optional<Integer> number(String name, int min) {
        Optional<Integer> number = number(name);
        number.filter(n -> n < min).ifPresent(n -> {
            throw new InvalidRequestException("The parameter %s must be at least %d.".formatted(name, min),
                    List.of(name));
        });
        return number;
    }

    /**
     * A parameter's value as a number of at least {@code min} and at most {@code max}.
     *
     * @throws InvalidRequestException when it is anything else
     */
    public Optional<Integer> number(String name, int min, int max) {
        Optional<Integer> number = number(name, min);
        number.filter(n -> n > max).ifPresent(n -> {
            throw new InvalidRequestException("The parameter %s must be at most %d.".formatted(name, max),
                    List.of(name));
        });
        return number;
    }

    /**
     * A parameter's value as true or false.
     *
     * @throws InvalidRequestException when it is anything else
     */
    public Optional<Boolean> flag(String name) {
        return text(name).map(text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new InvalidRequestException("The parameter %s must be true or false.".formatted(name),
                    List.of(name));
        });
    }

    /**
     * A parameter's value as the id of something.
     *
     * @throws InvalidRequestException when it cannot be an id
     */
    public Optional<Long> id(String name) {
        return text(name).map(text -> idOf(text).orElseThrow(() -> new InvalidRequestException(
                "The parameter %s must be an id: a whole number of up to 18 digits.".formatted(name),
                List.of(name))));
    }

    /**
     * The machines that the parameter {@code selector} selects; all when it is not given.
     *
     * @throws InvalidRequestException when it is no selector
     */
    public Selector selector() {
        return text(SELECTOR).map(Selector::parse).orElse(Selector.ALL);
    }

    /** The id that a text stands for; nothing when the text cannot be an id. */
    public static Optional<Long> idOf(String text) {
        return ID.matcher(text).matches() ? Optional.of(Long.valueOf(text)) : Optional.empty();
    }
}
