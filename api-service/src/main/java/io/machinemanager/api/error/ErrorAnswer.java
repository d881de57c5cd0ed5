package io.machinemanager.api.error;

import java.util.LinkedHashMap;
import java.util.Map;

import jakarta.ws.rs.core.MediaType;

import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import io.machinemanager.error.ErrorCode;

/** Builds error responses. All of them have the same shape. */
public final class ErrorAnswer {

    private ErrorAnswer() {
    }

    /** An answer with the status that belongs to the code. */
    static ResponseBuilder<Map<String, Object>> of(ErrorCode code, String message) {
        return of(code.status(), code, message, Map.of());
    }

    /** An answer with extra fields after {@code error} and {@code message}. */
    static ResponseBuilder<Map<String, Object>> of(int status, ErrorCode code, String message,
            Map<String, Object> details) {
        return ResponseBuilder.<Map<String, Object>>create(status).type(MediaType.APPLICATION_JSON_TYPE)
                .header("Cache-Control", "no-store").entity(body(code, message, details));
    }

    /** The body alone. */
    public static Map<String, Object> body(ErrorCode code, String message, Map<String, Object> details) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("error", code.code());
        body.put("message", message);
        body.putAll(details);
        return body;
    }

    /** Builds an answer without further headers. */
    static RestResponse<Map<String, Object>> plain(ErrorCode code, String message) {
        return of(code, message).build();
    }
}
