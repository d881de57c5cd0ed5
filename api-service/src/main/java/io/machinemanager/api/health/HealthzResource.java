package io.machinemanager.api.health;

import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

import io.smallrye.common.annotation.NonBlocking;

/** Whether the process is alive. Whether it can work is told by the readiness check on the management port. */
@Path("/healthz")
@Tag(name = "Health")
@Produces(MediaType.APPLICATION_JSON)
public class HealthzResource {

    private static final HealthzView OK = new HealthzView("ok");

    /** Answers as long as the process does. */
    @GET
    @PermitAll
    @NonBlocking
    @Operation(summary = "Tell whether the service is alive")
    public HealthzView healthz() {
        return OK;
    }

    /**
     * The state of the process.
     *
     * @param status always {@code ok}
     */
    public record HealthzView(String status) {
    }
}
