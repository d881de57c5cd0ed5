package io.machinemanager.error;

/** The service cannot work at this moment, and will again by itself. */
public final class UnavailableException extends DomainException {

    /** The message says what is away. */
    public UnavailableException(String message) {
        super(ErrorCode.UNAVAILABLE, message);
    }
}
