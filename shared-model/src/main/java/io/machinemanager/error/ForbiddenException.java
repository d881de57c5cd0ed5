package io.machinemanager.error;

/** The caller is known and may not do this. */
public final class ForbiddenException extends DomainException {

    /** The message says who may. */
    public ForbiddenException(String message) {
        super(ErrorCode.FORBIDDEN, message);
    }
}
