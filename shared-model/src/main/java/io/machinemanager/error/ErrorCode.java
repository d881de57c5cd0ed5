package io.machinemanager.error;

import java.util.Locale;

/** The codes of error answers, each with its HTTP status. */
public enum ErrorCode {
    /** The request itself is wrong; repeating it unchanged cannot succeed. */
    INVALID_REQUEST(400),
    /** The token is missing, not valid or expired. */
    UNAUTHORIZED(401),
    /** The user name or the password of a log-in is wrong. */
    INVALID_GRANT(401),
    /** The caller is known and may not do this. */
    FORBIDDEN(403),
    /** The path names something that does not exist. */
    NOT_FOUND(404),
    /** The path exists, the method does not. */
    METHOD_NOT_ALLOWED(405),
    /** The call conflicts with the present state, such as a name that is taken. */
    CONFLICT(409),
    /** Fewer machines are free than were asked for. */
    NOT_ENOUGH_AVAILABLE(409),
    /** There are too few machines of the wanted kind, however long the caller waits. */
    NO_MATCHING_MACHINES(409),
    /** What the path names is over and cannot be changed any more. */
    GONE(410),
    /** The caller has as much as a limit of the caller's groups, or of users without a group, allows. */
    LIMIT_REACHED(409),
    /** The resource has changed since the caller last read it. */
    PRECONDITION_FAILED(412),
    /** The body is not JSON. */
    UNSUPPORTED_MEDIA_TYPE(415),
    /** The caller has to slow down; the answer says for how long. */
    TOO_MANY_REQUESTS(429),
    /** A defect of the service; the answer carries an id that is also in the log. */
    SERVER_ERROR(500),
    /** Machines were free but could not be prepared. */
    PROVISIONING_FAILED(502),
    /** The database cannot be reached now; a later try may succeed. */
    UNAVAILABLE(503);

    private final int status;

    ErrorCode(int status) {
        this.status = status;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The code as clients see it, in snake case. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
