package io.machinemanager.api.error;

import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;

/** Describes to the caller what is wrong with a JSON body. The parser's own messages name Java classes. */
final class JsonProblem {

    private JsonProblem() {
    }

    /** One sentence, which never repeats a value, because the value may be a password. */
    static String describe(JsonProcessingException problem) {
        if (problem instanceof JsonMappingException mapping && isWrongType(mapping)) {
            String field = field(mapping);
            return field.isEmpty()
                    ? "The body must be a JSON object."
                    : "The field %s must be %s.".formatted(field, expected(mapping));
        }
        JsonLocation location = problem.getLocation();
        return location == null || location.getLineNr() < 1
                ? "The body is not valid JSON."
                : "The body is not valid JSON: see line %d, column %d.".formatted(location.getLineNr(),
                        location.getColumnNr());
    }

    private static boolean isWrongType(JsonMappingException problem) {
        return problem instanceof MismatchedInputException || problem.getCause() instanceof InputCoercionException;
    }

    private static String field(JsonMappingException problem) {
        return problem.getPath().stream().map(JsonMappingException.Reference::getFieldName)
                .filter(name -> name != null).collect(Collectors.joining("."));
    }

    private static String expected(JsonMappingException problem) {
        Class<?> wanted = problem instanceof MismatchedInputException mismatch
                ? mismatch.getTargetType()
                : Integer.class;
        if (wanted == String.class) {
            return "a text";
        }
        if (wanted == Boolean.class) {
            return "true or false";
        }
        if (wanted == Integer.class) {
            return "a whole number, at most %d".formatted(Integer.MAX_VALUE);
        }
        if (wanted == List.class) {
            return "a list";
        }
        return wanted == Instant.class ? "a time such as 2030-01-31T12:00:00Z" : "of another type";
    }
}
