package io.machinemanager.api.error;

import java.io.ByteArrayInputStream;
import java.io.IOException;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response.Status;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;

/**
 * Refuses bodies that turn out to be too large while they are read, because they came in chunks and did not say their
 * size; {@link RequestLimits} sees to the others. The body is read before it is parsed, since the parser would take the
 * refusal for a defect of the JSON.
 */
@Provider
public class BodyLimit implements ReaderInterceptor {

    /** Reads the body, and hands on what was read. */
    @Override
    public Object aroundReadFrom(ReaderInterceptorContext context) throws IOException {
        byte[] body = context.getInputStream().readNBytes(RequestLimits.MAX_BODY + 1);
        if (body.length > RequestLimits.MAX_BODY) {
            throw new WebApplicationException(Status.REQUEST_ENTITY_TOO_LARGE);
        }
        context.setInputStream(new ByteArrayInputStream(body));
        return context.proceed();
    }
}
