package io.machinemanager.error;

/** The service cannot work now; a later try may succeed without a change. */
public final class UnavailableException extends DomainException {

    /** The message says what is missing. */
    public UnavailableException(String message) {
        super(ErrorCode.UNAVAILABLE, message);
    }
}
