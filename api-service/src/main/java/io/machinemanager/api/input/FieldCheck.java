package io.machinemanager.api.input;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

import io.machinemanager.error.InvalidRequestException;

/** Checks the fields of a body and reports all problems at once. */
public final class FieldCheck {

    private final List<String> missing = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    /**
     * Checks that there is a body.
     *
     * @throws InvalidRequestException when there is none
     */
    public static <T> T body(T body) {
        if (body == null) {
            throw new InvalidRequestException("This call needs a JSON object as its body.");
        }
        return body;
    }

    /** Checks a required field against a rule. */
    public <T> FieldCheck required(String field, T value, Function<T, Optional<String>> problem) {
        if (value == null) {
            missing.add(field);
        }
        return optional(field, value, problem);
    }

    /** Checks that a required field is given. */
    public FieldCheck required(String field, Object value) {
        return required(field, value, any -> Optional.empty());
    }

    /** Checks a field against a rule when it is given. */
    public <T> FieldCheck optional(String field, T value, Function<T, Optional<String>> problem) {
        Optional.ofNullable(value).flatMap(problem).ifPresent(sentence -> {
            wrong.add(field);
            problems.add(sentence);
        });
        return this;
    }

    /**
     * Checks that at least one of these fields is given.
     *
     * @throws InvalidRequestException when none is given
     */
    public FieldCheck anyOf(List<String> fields, Object... values) {
        for (Object value : values) {
            if (value != null) {
                return this;
            }
        }
        throw new InvalidRequestException("Give at least one of: %s.".formatted(String.join(", ", fields)), fields);
    }

    /**
     * Ends the check.
     *
     * @throws InvalidRequestException when a field is missing or wrong; it names all of them
     */
    public void orThrow() {
        if (missing.isEmpty() && wrong.isEmpty()) {
            return;
        }
        List<String> sentences = new ArrayList<>(problems);
        if (!missing.isEmpty()) {
            sentences.addFirst("Missing: %s.".formatted(String.join(", ", missing)));
        }
        List<String> fields = new ArrayList<>(missing);
        fields.addAll(wrong);
        throw new InvalidRequestException(String.join(" ", sentences), fields);
    }
}
