package io.machinemanager.api.polling;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.Request;

import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.machinemanager.api.input.Page;
import io.quarkus.virtual.threads.VirtualThreads;

/**
 * Responses to calls that clients repeat while they wait for something. Callers that ask the same at the same time share one
 * query, its JSON and its {@code ETag}.
 */
@ApplicationScoped
public class PolledResponses {

    /**
     * What callers share.
     *
     * @param body JSON, or a {@link LongList}
     * @param tag null for a long list
     * @param total how long the whole list is; null where a response does not tell that
     */
    private record Content(Object body, EntityTag tag, Long total) {
    }

    private final ObjectMapper json;
    private final RequestCoalescer<Object, Content> coalescer;

    PolledResponses(ObjectMapper json, @VirtualThreads ExecutorService threads) {
        this.json = json;
        this.coalescer = new RequestCoalescer<>(threads);
    }

    /**
     * A response; 304 when the caller has it already.
     *
     * @param question what is asked, by its {@code equals}, with everything on which the body depends
     * @param loader makes the body, all of which counts for the {@code ETag}
     */
    public CompletionStage<RestResponse<Object>> of(Request request, Object question, Supplier<?> loader) {
        return coalescer.get(question, () -> {
            byte[] body = write(loader.get());
            return new Content(body, ConditionalResponse.tag(body), null);
        }).thenApply(content -> respond(request, content));
    }

    /**
     * A response with a page of a list. A list of more than a batch is read while it is sent and has no {@code ETag}.
     *
     * @param rows where the list comes from; asks the same as another source by its {@code equals}
     * @param count counts the rows of all pages
     * @param body makes the body of the rows
     * @param content what of a row counts for the {@code ETag}
     */
    public <T> CompletionStage<RestResponse<Object>> of(Request request, Page page, RowSource<T> rows,
            LongSupplier count, Function<Iterable<T>, ?> body, Function<T, ?> content) {
        return coalescer.get(List.of(rows, page), () -> {
            List<T> first = rows.first(Math.min(page.limit(), RowSource.BATCH));
            Long total = page.whole() ? null : count.getAsLong();
            if (first.size() == RowSource.BATCH && page.limit() > RowSource.BATCH) {
                // each caller that shares it reads it by itself
                Iterable<T> all = () -> rows.all(first, page.limit()).iterator();
                return new Content(new LongList(body.apply(all)), null, total);
            }
            return new Content(write(body.apply(first)), ConditionalResponse.tag(first.stream().map(content)), total);
        }).thenApply(result -> respond(request, result));
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
