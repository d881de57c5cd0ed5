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

/** A list without an end, whose second batch comes only when a test says so. */
@Path("/endless-list")
@Produces(MediaType.APPLICATION_JSON)
public class EndlessList {

    static final CountDownLatch SECOND_BATCH = new CountDownLatch(1);
    static final AtomicInteger BATCHES = new AtomicInteger();

    private record Endless() implements RowSource<String> {

        @Override
        public List<String> first(int limit) {
            return Collections.nCopies(limit, "a row of the first batch");
        }

        @Override
        public List<String> after(String last, int limit) {
            BATCHES.incrementAndGet();
            try {
                SECOND_BATCH.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return first(limit);
        }
    }

    private final PolledResponses polled;

    EndlessList(PolledResponses polled) {
        this.polled = polled;
    }

    @GET
    @PermitAll
    @Operation(hidden = true)
    public CompletionStage<RestResponse<Object>> list(@Context Request request) {
        return polled.of(request, new Page(0, Integer.MAX_VALUE, true), new Endless(), () -> Integer.MAX_VALUE,
                Function.identity(), Function.identity());
    }
}
