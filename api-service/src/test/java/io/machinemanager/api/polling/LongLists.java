package io.machinemanager.api.polling;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;

import io.machinemanager.api.input.Page;

/** Long lists that are not read to their end. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
@PermitAll
public class LongLists {

    static final CountDownLatch SECOND_BATCH = new CountDownLatch(1);
    static final AtomicInteger BATCHES = new AtomicInteger();

    private record OneBatch() implements RowSource<String> {

        @Override
        public List<String> first(int limit) {
            return rows(limit);
        }

        @Override
        public List<String> after(String last, int limit) {
            throw new IllegalStateException("there are no more");
        }
    }

    private record Endless() implements RowSource<String> {

        @Override
        public List<String> first(int limit) {
            return rows(limit);
        }

        @Override
        public List<String> after(String last, int limit) {
            BATCHES.incrementAndGet();
            try {
                SECOND_BATCH.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return rows(limit);
        }
    }

    private final PolledResponses polled;

    LongLists(PolledResponses polled) {
        this.polled = polled;
    }

    private static List<String> rows(int limit) {
        return Collections.nCopies(limit, "a row");
    }

    /** A list of which only the first batch can be read. */
    @GET
    @Path("/broken-list")
    @Operation(hidden = true)
    public CompletionStage<RestResponse<Object>> broken(@Context Request request) {
        return list(request, new OneBatch());
    }

    /** A list without an end, whose second batch comes only when a test says so. */
    @GET
    @Path("/endless-list")
    @Operation(hidden = true)
    public CompletionStage<RestResponse<Object>> endless(@Context Request request) {
        return list(request, new Endless());
    }

    private CompletionStage<RestResponse<Object>> list(Request request, RowSource<String> rows) {
        return polled.of(request, new Page(0, Integer.MAX_VALUE, true), rows, () -> 5000, Function.identity(),
                Function.identity());
    }
}
