package io.machinemanager.api.polling;

import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import jakarta.ws.rs.ClientErrorException;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;

import org.apache.commons.codec.digest.DigestUtils;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/**
 * Responses with an {@code ETag}, and the conditions of RFC 9110 (section 13) on it: {@code If-None-Match} gets a 304 when
 * nothing has changed, {@code If-Match} a 412 when something has.
 */
public final class ConditionalResponse {

    private ConditionalResponse() {
    }

    /**
     * A response with that body; 304 when the caller has it already.
     *
     * @param content what the tag is made of, by the text of each part; the body may also hold what changes with the time alone
     * @throws ClientErrorException with 412 when the caller asks for another version
     */
    public static <T> RestResponse<T> of(Request request, T body, Stream<?> content) {
        return builder(request, body, tag(content)).build();
    }

    /** A response with that body and a tag for a later change: the body changes more often than what the tag is made of. */
    public static <T> RestResponse<T> always(T body, Stream<?> content) {
        return tagged(ResponseBuilder.ok(body), tag(content)).build();
    }

    /**
     * Refuses a change whose conditions the present version does not meet.
     *
     * @param content the same as for the response that had the tag
     * @throws ClientErrorException with 412
     */
    public static void check(Request request, Stream<?> content) {
        if (request.evaluatePreconditions(tag(content)) != null) {
            throw new ClientErrorException(RestResponse.StatusCode.PRECONDITION_FAILED);
        }
    }

    static EntityTag tag(Stream<?> content) {
        return tag(content.map(Object::toString).collect(Collectors.joining("\0")).getBytes(StandardCharsets.UTF_8));
    }

    /** A tag of that content, for {@link #builder}. */
    public static EntityTag tag(byte[] content) {
        return new EntityTag(DigestUtils.sha256Hex(content).substring(0, 32), true);
    }

    /**
     * Like {@link #of}, for a response with further headers.
     *
     * @throws ClientErrorException with 412 when the caller asks for another version
     */
    public static <T> ResponseBuilder<T> builder(Request request, T body, EntityTag tag) {
        Response.ResponseBuilder unmet = request.evaluatePreconditions(tag);
        if (unmet != null && unmet.build().getStatus() == RestResponse.StatusCode.PRECONDITION_FAILED) {
            throw new ClientErrorException(RestResponse.StatusCode.PRECONDITION_FAILED);
        }
        ResponseBuilder<T> response = unmet == null ? ResponseBuilder.ok(body) : ResponseBuilder.notModified();
        return tagged(response, tag);
    }

    private static <T> ResponseBuilder<T> tagged(ResponseBuilder<T> response, EntityTag tag) {
        // private: other users get other responses
        return response.tag(tag).header("Cache-Control", "private, no-cache");
    }
}
