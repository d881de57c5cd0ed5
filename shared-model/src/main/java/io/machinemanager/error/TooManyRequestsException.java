package io.machinemanager.error;

import java.time.Duration;

/** The caller has to wait before the next try. */
public final class TooManyRequestsException extends DomainException {

    private final Duration retryAfter;

    /** The message says which limit was exceeded; {@code retryAfter} becomes the {@code Retry-After} header. */
    public TooManyRequestsException(String message, Duration retryAfter) {
        super(ErrorCode.TOO_MANY_REQUESTS, message);
        this.retryAfter = retryAfter;
    }

    /** How long to wait; at least a second. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
