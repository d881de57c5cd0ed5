package io.machinemanager.error;

/** What was named does not exist. */
public final class NotFoundException extends DomainException {

    /** The message says what does not exist. */
    public NotFoundException(String message) {
        super(ErrorCode.NOT_FOUND, message);
    }
}
