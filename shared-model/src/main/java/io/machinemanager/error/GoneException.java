package io.machinemanager.error;

/** What the call names is over and cannot be changed any more. */
public final class GoneException extends DomainException {

    /** The message says what is over. */
    public GoneException(String message) {
        super(ErrorCode.GONE, message);
    }
}
