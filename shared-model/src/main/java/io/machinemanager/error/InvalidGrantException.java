package io.machinemanager.error;

/** A log-in with a wrong user name or password; the message must not tell which. */
public final class InvalidGrantException extends DomainException {

    /** The message says no more than that the log-in failed. */
    public InvalidGrantException(String message) {
        super(ErrorCode.INVALID_GRANT, message);
    }
}
