package io.machinemanager.api.polling;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
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

/** A long list of which only the first batch can be read. */
@Path("/broken-list")
@Produces(MediaType.APPLICATION_JSON)
public class BrokenList {

    private record OneBatch() implements RowSource<String> {

        @Override
        public List<String> first(int limit) {
            return Collections.nCopies(limit, "a row of the first batch");
        }

        @Override
        public List<String> after(String last, int limit) {
            throw new IllegalStateException("there are no more");
        }
    }

    private final PolledResponses polled;

    BrokenList(PolledResponses polled) {
        this.polled = polled;
    }

    @GET
    @PermitAll
    @Operation(hidden = true)
    public CompletionStage<RestResponse<Object>> list(@Context Request request) {
        return polled.of(request, new Page(0, Integer.MAX_VALUE, true), new OneBatch(), () -> 5000,
                Function.identity(), Function.identity());
    }
}
