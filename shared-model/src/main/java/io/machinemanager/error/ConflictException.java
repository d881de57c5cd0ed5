package io.machinemanager.error;

import java.util.Map;

/** The call conflicts with the present state, such as a name that is taken. */
public final class ConflictException extends DomainException {

    /** The message says with what. */
    public ConflictException(String message) {
        super(ErrorCode.CONFLICT, message);
    }

    /** The same with extra fields of the answer. */
    public ConflictException(String message, Map<String, Object> details) {
        super(ErrorCode.CONFLICT, message, details);
    }
}
