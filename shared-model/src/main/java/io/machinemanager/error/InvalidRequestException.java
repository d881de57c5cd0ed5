package io.machinemanager.error;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The request is wrong in itself. */
public final class InvalidRequestException extends DomainException {

    /** The message names the field and what it takes. */
    public InvalidRequestException(String message) {
        super(ErrorCode.INVALID_REQUEST, message);
    }

    /** The message names the fields and what is wrong with them; {@code fields} has their names alone. */
    public InvalidRequestException(String message, List<String> fields) {
        super(ErrorCode.INVALID_REQUEST, message, Map.of("fields", fields));
    }

    /** Like the one before, about a text that is wrong at a character; {@code position} has its number, from 1 on. */
    public InvalidRequestException(String message, List<String> fields, int position) {
        super(ErrorCode.INVALID_REQUEST, message, details(fields, position));
    }

    private static Map<String, Object> details(List<String> fields, int position) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("fields", fields);
        details.put("position", position);
        return details;
    }
}
