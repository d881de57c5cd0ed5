package io.machinemanager.api.polling;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.StreamingOutput;

import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;

import io.machinemanager.api.input.Page;
import io.quarkus.logging.Log;

/**
 * Responses to calls that clients repeat while they wait for something. Callers that ask the same at the same time share one
 * query, its JSON and its {@code ETag}. Has to be called on a virtual thread, since it waits.
 */
@ApplicationScoped
public class PolledResponses {

    /**
     * What callers share.
     *
     * @param body JSON, or a {@link StreamingOutput} of a long list
     * @param tag null for a long list
     * @param total how long the whole list is; null where a response does not tell that
     */
    private record Content(Object body, EntityTag tag, Long total) {
    }

    private final ObjectWriter json;
    private final RequestCoalescer<Object, Content> coalescer = new RequestCoalescer<>();

    PolledResponses(ObjectMapper json) {
        // a long list that fails is not closed, which would end it like a whole one, and its failure is not wrapped
        this.json = json.writer().without(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .without(SerializationFeature.WRAP_EXCEPTIONS);
    }

    /**
     * A response; 304 when the caller has it already.
     *
     * @param question what is asked, by its {@code equals}, with everything on which the body depends
     * @param loader makes the body, all of which counts for the {@code ETag}
     */
    public RestResponse<Object> of(Request request, Object question, Supplier<?> loader) {
        return respond(request, coalescer.get(question, () -> {
            byte[] body = write(loader.get());
            return new Content(body, ConditionalResponse.tag(body), null);
        }));
    }

    /**
     * A response with a page of a list. A list of more than a batch is read while it is sent and has no {@code ETag}.
     *
     * @param rows where the list comes from; asks the same as another source by its {@code equals}
     * @param count counts the rows of all pages
     * @param body makes the body of the rows
     * @param content what of a row counts for the {@code ETag}
     */
    public <T> RestResponse<Object> of(Request request, Page page, RowSource<T> rows, LongSupplier count,
            Function<Iterable<T>, ?> body, Function<T, ?> content) {
        return respond(request, coalescer.get(List.of(rows, page), () -> {
            List<T> first = rows.first(Math.min(page.limit(), RowSource.BATCH));
            Long total = page.whole() ? null : count.getAsLong();
            if (first.size() == RowSource.BATCH && page.limit() > RowSource.BATCH) {
                return new Content(stream(() -> body.apply(rows.all(first, page.limit())::iterator)), null, total);
            }
            return new Content(write(body.apply(first)), ConditionalResponse.tag(first.stream().map(content)), total);
        }));
    }

    private StreamingOutput stream(Supplier<?> body) {
        return out -> {
            try {
                json.writeValue(out, body.get());
            } catch (RuntimeException e) {
                // the connection is closed, and no exception mapper hears of it
                Log.warn("A long list could not be read to its end", e);
                throw e;
            }
        };
    }

    private byte[] write(Object body) {
        try {
            return json.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RestResponse<Object> respond(Request request, Content content) {
        ResponseBuilder<Object> response = content.tag == null
                ? ResponseBuilder.ok(content.body)
                : ConditionalResponse.builder(request, content.body, content.tag);
        if (content.total != null) {
            response.header(Page.TOTAL, content.total);
        }
        return response.build();
    }
}
