package io.machinemanager.error;

/** The call contradicts what is there. */
public final class ConflictException extends DomainException {

    /** The message says what it contradicts. */
    public ConflictException(String message) {
        super(ErrorCode.CONFLICT, message);
    }
}
