package io.machinemanager.api.input;

import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.Request;

import org.apache.commons.codec.digest.DigestUtils;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/**
 * Answers that are not sent again to those who have them: they carry an {@code ETag}, and whoever gives it back as
 * {@code If-None-Match} gets a 304 for as long as nothing has changed.
 */
public final class Unchanged {

    private Unchanged() {
    }

    /**
     * An answer, or 304 when the caller has it.
     *
     * @param content what decides whether it is the same answer, by its text; in the answer may also be what changes with
     *        the time alone
     */
    public static <T> RestResponse<T> answer(Request request, T body, Object content) {
        return builder(request, body, content).build();
    }

    static <T> ResponseBuilder<T> builder(Request request, T body, Object content) {
        EntityTag tag = new EntityTag(DigestUtils.sha256Hex(content.toString()).substring(0, 32), true);
        ResponseBuilder<T> answer = request.evaluatePreconditions(tag) == null
                ? ResponseBuilder.ok(body)
                : ResponseBuilder.create(RestResponse.Status.NOT_MODIFIED, (T) null);
        // another user is given another answer
        return answer.tag(tag).header("Cache-Control", "private, no-cache");
    }
}
