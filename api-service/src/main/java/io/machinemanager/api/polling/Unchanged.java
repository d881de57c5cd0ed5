package io.machinemanager.api.polling;

import java.security.MessageDigest;
import java.util.Optional;
import java.util.stream.Stream;

import jakarta.ws.rs.ClientErrorException;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.Request;

import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/**
 * Answers that are not sent again to those who have them: they carry an {@code ETag}, and whoever gives it back as
 * {@code If-None-Match} gets a 304 for as long as nothing has changed.
 */
public final class Unchanged {

    // In no text.
    private static final byte END = (byte) 0xff;

    private Unchanged() {
    }

    /**
     * An answer, or 304 when the caller has it, or 412 when the caller wants only another one ({@code If-Match}).
     *
     * @param content what decides whether it is the same answer, by the text of each part; in the answer may also be what
     *        changes with the time alone
     */
    public static <T> RestResponse<T> answer(Request request, T body, Stream<?> content) {
        return builder(request, body, tag(content)).build();
    }

    /**
     * Refuses a change with 412 when the caller has asked for it on a condition ({@code If-Match}, {@code If-None-Match})
     * that what there is does not meet.
     *
     * @param content the same as for the answer that had the tag
     */
    public static void check(Request request, Stream<?> content) {
        if (request.evaluatePreconditions(tag(content)) != null) {
            throw new ClientErrorException(RestResponse.StatusCode.PRECONDITION_FAILED);
        }
    }

    /** The tag of an answer, of what decides whether it is the same. */
    static EntityTag tag(Stream<?> content) {
        return new EntityTag(digest(content).substring(0, 32), true);
    }

    static <T> ResponseBuilder<T> builder(Request request, T body, EntityTag tag) {
        int unmet = Optional.ofNullable(request.evaluatePreconditions(tag)).map(answer -> answer.build().getStatus())
                .orElse(RestResponse.StatusCode.OK);
        if (unmet == RestResponse.StatusCode.PRECONDITION_FAILED) {
            throw new ClientErrorException(unmet);
        }
        ResponseBuilder<T> answer = unmet == RestResponse.StatusCode.OK
                ? ResponseBuilder.ok(body)
                : ResponseBuilder.create(RestResponse.Status.NOT_MODIFIED, (T) null);
        // another user is given another answer
        return answer.tag(tag).header("Cache-Control", "private, no-cache");
    }

    /** Part by part: the text of a long list as a whole would take more memory than the list. */
    private static String digest(Stream<?> content) {
        MessageDigest digest = DigestUtils.getSha256Digest();
        content.forEach(part -> {
            DigestUtils.updateDigest(digest, part.toString());
            digest.update(END);
        });
        return Hex.encodeHexString(digest.digest());
    }
}
