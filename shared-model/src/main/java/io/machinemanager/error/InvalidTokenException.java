package io.machinemanager.error;

/** The token is not valid or has expired. */
public final class InvalidTokenException extends DomainException {

    /** The message says what to do about it. */
    public InvalidTokenException(String message) {
        super(ErrorCode.UNAUTHORIZED, message);
    }
}
