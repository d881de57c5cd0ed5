package io.machinemanager.error;

import java.util.Map;

/**
 * A failure that the caller can understand and act on. The caller sees the message as it is, so it is one sentence without
 * secrets.
 */
public abstract sealed class DomainException extends RuntimeException
        permits ConflictException, ForbiddenException, GoneException, InvalidGrantException, InvalidRequestException,
        InvalidTokenException, LimitReachedException,
        NoMatchingMachinesException, NotEnoughAvailableException, NotFoundException, ProvisioningFailedException,
        TooManyRequestsException,
        UnavailableException {

    private final ErrorCode code;
    private final transient Map<String, Object> details;

    DomainException(ErrorCode code, String message) {
        this(code, message, Map.of());
    }

    DomainException(ErrorCode code, String message, Map<String, Object> details) {
        super(message);
        this.code = code;
        this.details = details;
    }

    /** The kind of failure. */
    public ErrorCode code() {
        return code;
    }

    /** Extra fields of the answer, in the order in which it has them; mostly none. */
    public Map<String, Object> details() {
        return details;
    }
}
