package io.machinemanager.api.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.api.error.ErrorAnswer;
import io.machinemanager.api.error.HttpProblem;
import io.machinemanager.api.input.FormQueryDecoder;
import io.quarkus.vertx.http.ManagementInterface;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.VertxException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/**
 * Refuses requests that are too large or whose address cannot be decoded, with an error response. The server's own limits
 * are higher, because the server closes the connection without a response.
 */
@ApplicationScoped
class RequestLimits {

    /** The largest useful body is a machine's registration, of about 1 kB. */
    static final int MAX_BODY = 64 * 1024;

    /** The limit of Caddy, the proxy in front of the API. */
    static final int MAX_HEADERS = 16 * 1024;

    static final int MAX_ADDRESS = 4 * 1024;

    /** A Content-Length with more digits is too large, and may not fit a long. */
    private static final int MAX_DIGITS = 12;

    /** Before all other filters. */
    private static final int FIRST = 1000;

    void limit(@Observes Filters filters) {
        filters.register(RequestLimits::check, FIRST);
    }

    void explain(@Observes Router router) {
        router.errorHandler(400, context -> refuse(context, 400));
        // for addresses that are no path, such as the * of OPTIONS
        router.errorHandler(404, context -> refuse(context, 404));
        // such as a request without a Host, which the server would answer with 500
        router.route().order(Integer.MIN_VALUE).failureHandler(context -> {
            if (context.statusCode() == 400 && context.failure() instanceof VertxException) {
                refuse(context, 400);
            } else {
                context.next();
            }
        });
    }

    void limit(@Observes ManagementInterface management) {
        management.router().route().order(Integer.MIN_VALUE).handler(context -> {
            SlowClients.arrived(context);
            context.next();
        });
    }

    private static void check(RoutingContext context) {
        SlowClients.arrived(context);
        Optional<Integer> refused = problemWith(context.request());
        if (refused.isPresent()) {
            refuse(context, refused.get());
        } else {
            MalformedChunks.watch(context);
            context.next();
        }
    }

    private static Optional<Integer> problemWith(HttpServerRequest request) {
        if (request.version() == null) {
            return Optional.of(505);
        }
        if (request.uri().length() > MAX_ADDRESS) {
            return Optional.of(414);
        }
        if (!isUri(request.uri())) {
            return Optional.of(400);
        }
        if (sizeOfHeaders(request) > MAX_HEADERS) {
            return Optional.of(431);
        }
        return sizeOfBody(request) > MAX_BODY ? Optional.of(413) : Optional.empty();
    }

    private static boolean isUri(String address) {
        try {
            new URI(FormQueryDecoder.escaped(address));
            return true;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static int sizeOfHeaders(HttpServerRequest request) {
        int size = 0;
        for (Map.Entry<String, String> header : request.headers()) {
            size += header.getKey().length() + header.getValue().length();
        }
        return size;
    }

    private static long sizeOfBody(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null) {
            return 0;
        }
        return length.length() > MAX_DIGITS ? Long.MAX_VALUE : Long.parseLong(length);
    }

    private static void refuse(RoutingContext context, int status) {
        JsonObject body = new JsonObject(
                ErrorAnswer.body(HttpProblem.code(status), HttpProblem.message(status), Map.of()));
        // does not wait for the rest of the body
        context.response().setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store").putHeader(HttpHeaders.CONNECTION, "close")
                .end(body.encode()).onComplete(sent -> context.request().connection().close());
    }
}
