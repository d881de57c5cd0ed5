package io.machinemanager.api.error;

import io.machinemanager.error.ErrorCode;

/** The error code and message for requests that the HTTP layer refuses, before a resource is called. */
public final class HttpProblem {

    private HttpProblem() {
    }

    /** The code for a status of 400 to 499, or 505; a status without a code of its own is an invalid request. */
    public static ErrorCode code(int status) {
        return switch (status) {
            case 401 -> ErrorCode.UNAUTHORIZED;
            case 403 -> ErrorCode.FORBIDDEN;
            case 404 -> ErrorCode.NOT_FOUND;
            case 405 -> ErrorCode.METHOD_NOT_ALLOWED;
            case 409 -> ErrorCode.CONFLICT;
            case 412 -> ErrorCode.PRECONDITION_FAILED;
            case 415 -> ErrorCode.UNSUPPORTED_MEDIA_TYPE;
            default -> ErrorCode.INVALID_REQUEST;
        };
    }

    /** One sentence that says what to do. */
    public static String message(int status) {
        return switch (status) {
            case 401 -> "This call needs a token; POST /login gives one.";
            case 403 -> "You may not do this.";
            case 404 -> "There is nothing at this address.";
            case 405 -> "This address does not take this method; the Allow header lists those it takes.";
            case 406 -> "Answers are JSON; ask with Accept: application/json or without Accept.";
            case 412 ->
                "This was changed since you read it, or does not fit If-Match; read it again, then repeat the call.";
            case 413 -> "The body is too large.";
            case 414 -> "The address is too long.";
            case 415 -> "The body must be JSON; send it with Content-Type: application/json.";
            case 431 -> "The headers are too large.";
            case 505 -> "Only HTTP/1.0, HTTP/1.1 and HTTP/2 are spoken here.";
            default -> "The request is malformed.";
        };
    }
}
