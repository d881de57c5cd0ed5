package io.machinemanager.api.polling;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.Request;

import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.machinemanager.api.input.Page;
import io.machinemanager.api.polling.LongList.Rows;
import io.quarkus.virtual.threads.VirtualThreads;

/**
 * The answers to calls that many repeat while they wait for something. Whoever asks the same at the same time gets the same
 * answer, which is read and written out once; it is never older than the call (see {@link SharedLooks}). No thread waits
 * for it.
 */
@ApplicationScoped
public class SharedAnswers {

    /**
     * How far apart looks at the same begin while somebody waits for the next. However many poll, the database is asked no
     * more often than that; who asks alone never waits for it.
     */
    private static final Duration DISTANCE = Duration.ofMillis(4);

    /**
     * An answer.
     *
     * @param body JSON text, or a {@link LongAnswer}
     * @param tag null for the latter
     * @param total how long the whole list is; null where that is not told
     */
    private record Answer(Object body, EntityTag tag, Long total) {
    }

    private final ObjectMapper json;
    private final SharedLooks<Object, Answer> looks;

    SharedAnswers(ObjectMapper json, @VirtualThreads ExecutorService threads) {
        this.json = json;
        this.looks = new SharedLooks<>(threads, SharedAnswers::keepDistance);
    }

    /**
     * An answer, or 304 when the caller has it.
     *
     * @param question what is asked, and all that makes the answer another: by its {@code equals}
     * @param look makes the answer's body, all of which decides whether it is the same
     */
    public CompletionStage<RestResponse<Object>> answer(Request request, Object question, Supplier<?> look) {
        return looks.get(question, () -> {
            String body = text(look.get());
            return new Answer(body, Unchanged.tag(Stream.of(body)), null);
        }).thenApply(answer -> respond(request, answer));
    }

    /**
     * The same with a part of a list. One of ordinary length is not sent to callers who have it; a long one is read while it
     * is sent.
     *
     * @param rows where the list comes from, and by its {@code equals} what is asked beside the page
     * @param count counts the rows of all pages
     * @param body makes the answer's body of the rows
     * @param content what of a row decides whether it is the same
     */
    public <T> CompletionStage<RestResponse<Object>> answer(Request request, Page page, Rows<T> rows,
            LongSupplier count, Function<Collection<T>, ?> body, Function<T, ?> content) {
        return looks.get(List.of(rows, page), () -> {
            LongList<T> list = new LongList<>(page, rows, count);
            Long total = page.whole() ? null : list.total();
            return list.isShort()
                    ? new Answer(text(body.apply(list.first())), Unchanged.tag(list.first().stream().map(content)),
                            total)
                    : new Answer(new LongAnswer(body.apply(list)), null, total);
        }).thenApply(answer -> respond(request, answer));
    }

    private static void keepDistance(long began) {
        LockSupport.parkNanos(DISTANCE.toNanos() - (System.nanoTime() - began));
    }

    private static RestResponse<Object> respond(Request request, Answer answer) {
        ResponseBuilder<Object> response = answer.tag == null
                ? ResponseBuilder.ok(answer.body)
                : Unchanged.builder(request, answer.body, answer.tag);
        if (answer.total != null) {
            response.header(Page.TOTAL, answer.total);
        }
        return response.build();
    }

    private String text(Object body) {
        try {
            return json.writeValueAsString(body);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
