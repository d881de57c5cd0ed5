package io.machinemanager.api.error;

import java.io.CharConversionException;
import java.io.IOException;
import java.util.Map;
import java.util.UUID;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;

import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;

import io.machinemanager.api.input.FormQueryDecoder;
import io.machinemanager.database.DatabaseFailure;
import io.machinemanager.database.FailureLog;
import io.machinemanager.error.DomainException;
import io.machinemanager.error.ErrorCode;
import io.machinemanager.error.InvalidTokenException;
import io.machinemanager.error.TooManyRequestsException;
import io.machinemanager.error.UnavailableException;
import io.quarkus.logging.Log;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;

/** Turns all exceptions into error responses of the one shape. */
class ErrorMappers {

    /** Seconds after which a caller may try again when the database is not available. */
    private static final int RETRY_AFTER = 5;

    private final CurrentVertxRequest call;

    ErrorMappers(CurrentVertxRequest call) {
        this.call = call;
    }

    @ServerExceptionMapper
    RestResponse<Map<String, Object>> domain(DomainException failure) {
        ResponseBuilder<Map<String, Object>> answer = ErrorAnswer.of(failure.code().status(), failure.code(),
                failure.getMessage(), failure.details());
        switch (failure) {
            case TooManyRequestsException tooMany ->
                answer.header(HttpHeaders.RETRY_AFTER, tooMany.retryAfter().toSeconds());
            case InvalidTokenException invalid ->
                answer.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
            case UnavailableException unavailable -> answer.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER);
            default -> {
            }
        }
        return answer.build();
    }

    @ServerExceptionMapper
    RestResponse<Map<String, Object>> missingToken(UnauthorizedException failure) {
        return ErrorAnswer.of(ErrorCode.UNAUTHORIZED, "This call needs a token; POST /login gives one.")
                .header(HttpHeaders.WWW_AUTHENTICATE, "Bearer").build();
    }

    @ServerExceptionMapper
    RestResponse<Map<String, Object>> badToken(AuthenticationFailedException failure) {
        if (DatabaseFailure.isPassing(failure)) {
            return databaseUnavailable(failure);
        }
        return ErrorAnswer.of(ErrorCode.UNAUTHORIZED, "The token is not valid, or not any more; log in again.")
                .header(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"").build();
    }

    @ServerExceptionMapper
    RestResponse<Map<String, Object>> forbidden(ForbiddenException failure) {
        return ErrorAnswer.plain(ErrorCode.FORBIDDEN, "Only an admin may do this.");
    }

    @ServerExceptionMapper
    RestResponse<Map<String, Object>> badJson(JsonProcessingException failure) {
        return ErrorAnswer.plain(ErrorCode.INVALID_REQUEST, JsonProblem.describe(failure));
    }

    /** The same for a subclass for which the framework has a mapper of its own. */
    @ServerExceptionMapper
    RestResponse<Map<String, Object>> badJson(MismatchedInputException failure) {
        return ErrorAnswer.plain(ErrorCode.INVALID_REQUEST, JsonProblem.describe(failure));
    }

    /** The parser guesses the encoding from the first bytes; bytes that follow may not be valid in it. */
    @ServerExceptionMapper
    RestResponse<Map<String, Object>> badText(CharConversionException failure) {
        return ErrorAnswer.plain(ErrorCode.INVALID_REQUEST, "The body is not valid JSON in UTF-8.");
    }

    @ServerExceptionMapper
    RestResponse<Map<String, Object>> web(WebApplicationException failure, ContainerRequestContext request) {
        if (failure.getCause() instanceof JsonProcessingException json) {
            return badJson(json);
        }
        int status = failure.getResponse().getStatus();
        if (status >= 500) {
            return everythingElse(failure, request);
        }
        return ErrorAnswer.of(status, HttpProblem.code(status), HttpProblem.message(status), Map.of()).build();
    }

    @ServerExceptionMapper
    RestResponse<Map<String, Object>> everythingElse(Throwable failure, ContainerRequestContext request) {
        if (DatabaseFailure.isPassing(failure)) {
            return databaseUnavailable(failure);
        }
        if (failure instanceof IOException && call.getCurrent().response().closed()) {
            Log.debugf("A client closed its connection before the response was sent: %s", failure);
            return ErrorAnswer.plain(ErrorCode.INVALID_REQUEST, HttpProblem.message(400));
        }
        String id = UUID.randomUUID().toString();
        // only the path, because a query may hold a password; escaped, because a path may hold a line break
        Log.errorf(failure, "Defect %s in %s %s", id, request.getMethod(),
                FormQueryDecoder.escaped(call.getCurrent().request().path()));
        return ErrorAnswer.of(ErrorCode.SERVER_ERROR.status(), ErrorCode.SERVER_ERROR,
                "Something went wrong here; an operator finds it in the log under this id.", Map.of("id", id)).build();
    }

    private static RestResponse<Map<String, Object>> databaseUnavailable(Throwable failure) {
        String state = DatabaseFailure.state(failure);
        Log.warnf("The database %s: %s", state, FailureLog.rootOf(failure));
        return ErrorAnswer.of(ErrorCode.UNAVAILABLE, "The database %s at the moment; try again soon.".formatted(state))
                .header(HttpHeaders.RETRY_AFTER, RETRY_AFTER).build();
    }
}
