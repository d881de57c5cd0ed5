package io.machinemanager.error;

/** The call conflicts with the present state, such as a name that is taken. */
public final class ConflictException extends DomainException {

    /** The message says with what. */
    public ConflictException(String message) {
        super(ErrorCode.CONFLICT, message);
    }
}
