package io.machinemanager.error;

/** Something that the call names does not exist. */
public final class NotFoundException extends DomainException {

    /** The message says what does not exist. */
    public NotFoundException(String message) {
        super(ErrorCode.NOT_FOUND, message);
    }
}
