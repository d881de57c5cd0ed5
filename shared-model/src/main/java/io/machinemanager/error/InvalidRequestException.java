package io.machinemanager.error;

/** The request is wrong in itself. */
public final class InvalidRequestException extends DomainException {

    /** The message names the field and what it takes. */
    public InvalidRequestException(String message) {
        super(ErrorCode.INVALID_REQUEST, message);
    }
}
