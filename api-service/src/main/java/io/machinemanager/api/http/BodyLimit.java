package io.machinemanager.api.http;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response.Status;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;

import io.machinemanager.database.FailureLog;
import io.quarkus.logging.Log;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;

/**
 * Refuses chunked bodies that are too large, which is known only when they are read; {@link RequestLimits} refuses bodies
 * whose Content-Length is too large. The body is read before it is parsed, because the parser would report the refusal as
 * malformed JSON. A body that cannot be read to its end is the client's error, not the service's.
 */
@Provider
public class BodyLimit implements ReaderInterceptor {

    /** As long as Caddy waits for the body and the response together. */
    private static final Duration MAX_DURATION = Duration.ofMinutes(5);
    private static final int PART = 4096;

    private final CurrentVertxRequest call;

    BodyLimit(CurrentVertxRequest call) {
        this.call = call;
    }

    /** Reads the body, and lets the parser read the copy. */
    @Override
    public Object aroundReadFrom(ReaderInterceptorContext context) throws IOException {
        byte[] body = read(context.getInputStream());
        if (MalformedChunks.found(call.getCurrent())) {
            Log.debug("A client sent a body in malformed chunks");
            throw new WebApplicationException(Status.BAD_REQUEST);
        }
        if (body.length > RequestLimits.MAX_BODY) {
            throw new WebApplicationException(Status.REQUEST_ENTITY_TOO_LARGE);
        }
        context.setInputStream(new ByteArrayInputStream(body));
        return context.proceed();
    }

    /** Fails when the client closes the connection or sends nothing for too long. */
    private static byte[] read(InputStream body) {
        try {
            return read(body, MAX_DURATION);
        } catch (IOException e) {
            Log.debugf("A client did not send its whole body: %s", FailureLog.rootOf(e));
            throw new WebApplicationException(Status.BAD_REQUEST);
        }
    }

    /** Reads a body within a time, and stops soon after the largest allowed size. */
    static byte[] read(InputStream body, Duration maxDuration) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        byte[] part = new byte[PART];
        long began = System.nanoTime();
        int length = 0;
        while (length >= 0 && read.size() <= RequestLimits.MAX_BODY) {
            read.write(part, 0, length);
            if (System.nanoTime() - began > maxDuration.toNanos()) {
                throw new WebApplicationException(Status.REQUEST_TIMEOUT);
            }
            length = body.read(part);
        }
        return read.toByteArray();
    }
}
