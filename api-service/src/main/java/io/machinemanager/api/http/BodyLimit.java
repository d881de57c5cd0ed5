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
 * Refuses bodies that turn out to be too large while they are read, because they came in chunks and did not say their
 * size; {@link RequestLimits} sees to the others. The body is read before it is parsed, since the parser would take the
 * refusal for a defect of the JSON. A body that cannot be read to its end is the client's fault and never ours.
 */
@Provider
public class BodyLimit implements ReaderInterceptor {

    /** As long as Caddy waits for the body and the answer together. */
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final int PART = 4096;

    private final CurrentVertxRequest call;

    BodyLimit(CurrentVertxRequest call) {
        this.call = call;
    }

    /** Reads the body, and hands on what was read. */
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

    /** Reading fails when the client breaks off or is silent for too long. */
    private static byte[] read(InputStream body) {
        try {
            return read(body, LONGEST);
        } catch (IOException e) {
            Log.debugf("A client did not send its body to the end: %s", FailureLog.rootOf(e));
            throw new WebApplicationException(Status.BAD_REQUEST);
        }
    }

    /** Reads a body, and a byte more than it may have, within a time. */
    static byte[] read(InputStream body, Duration longest) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        byte[] part = new byte[PART];
        long began = System.nanoTime();
        int length = 0;
        while (length >= 0 && read.size() <= RequestLimits.MAX_BODY) {
            read.write(part, 0, length);
            if (System.nanoTime() - began > longest.toNanos()) {
                throw new WebApplicationException(Status.REQUEST_TIMEOUT);
            }
            length = body.read(part);
        }
        return read.toByteArray();
    }
}
