package io.machinemanager.error;

/** A token that is not valid, or not any more. */
public final class InvalidTokenException extends DomainException {

    /** The message says what to do about it. */
    public InvalidTokenException(String message) {
        super(ErrorCode.UNAUTHORIZED, message);
    }
}
