package io.machinemanager.api.audit;

import java.util.List;

import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

import io.machinemanager.api.auth.Role;
import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.audit.AuditService;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** The audit log; for admins. */
@Path("/audit")
@Tag(name = "Audit")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Role.ADMIN)
@RunOnVirtualThread
public class AuditResource {

    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1000;

    private final AuditService audit;

    AuditResource(AuditService audit) {
        this.audit = audit;
    }

    /** Lists events. */
    @GET
    @Operation(summary = "List who did what, the latest first", description = """
            At most `limit` entries, of those that fit all that is given. To read on, ask again with `before` as the id
            of the last entry: nothing comes twice then, whatever is written meanwhile, and however much was written at
            one instant. Only calls that were still under way may be written down later among those read already.""")
    @Parameter(name = "actor", in = ParameterIn.QUERY, description = "The user who did it.", schema = @Schema(type = SchemaType.STRING))
    @Parameter(name = "address", in = ParameterIn.QUERY, description = "The client's address.", schema = @Schema(type = SchemaType.STRING))
    @Parameter(name = "action", in = ParameterIn.QUERY, description = "What was done.", schema = @Schema(type = SchemaType.STRING, enumeration = {
            "logged_in", "locked_out", "logged_out", "token_refreshed", "password_changed", "api_key_created",
            "api_key_revoked", "ssh_key_added", "ssh_key_removed", "user_created", "user_changed", "user_deleted",
            "group_created",
            "group_changed", "group_deleted", "group_member_added", "group_member_removed", "machine_registered",
            "machine_changed",
            "host_keys_recorded", "machine_deleted", "request_queued", "request_changed", "request_cancelled",
            "request_lapsed",
            "request_failed",
            "request_password_changed", "reserved", "reservation_extended", "reservation_ended",
            "all_released", "stray_account_removed", "access_denied" }))
    @Parameter(name = "target", in = ParameterIn.QUERY, description = "The user, machine, API key or SSH key that it was done to.", schema = @Schema(type = SchemaType.STRING))
    @Parameter(name = "outcome", in = ParameterIn.QUERY, description = "How it went.", schema = @Schema(type = SchemaType.STRING, enumeration = {
            "done", "refused", "failed" }))
    @Parameter(name = "since", in = ParameterIn.QUERY, description = "The earliest time.", schema = @Schema(type = SchemaType.STRING, format = "date-time"))
    @Parameter(name = "until", in = ParameterIn.QUERY, description = "The time before which it was.", schema = @Schema(type = SchemaType.STRING, format = "date-time"))
    @Parameter(name = "before", in = ParameterIn.QUERY, description = "The id of the entry before which it was written.", schema = @Schema(type = SchemaType.INTEGER, format = "int64", minimum = "0"))
    @Parameter(name = "limit", in = ParameterIn.QUERY, description = "How many at the most.", schema = @Schema(type = SchemaType.INTEGER, minimum = "1", maximum = "1000", defaultValue = "100"))
    @Parameter(name = "offset", in = ParameterIn.QUERY, description = "How many to leave out at the start.", schema = @Schema(type = SchemaType.INTEGER, minimum = "0", defaultValue = "0"))
    public List<AuditView> list(@Context UriInfo uri) {
        QueryParameters query = QueryParameters.of(uri);
        int limit = query.number("limit", 1, MAX_LIMIT).orElse(DEFAULT_LIMIT);
        int offset = query.number("offset", 0).orElse(0);
        return audit.find(AuditQuery.of(query), offset, limit).stream().map(AuditView::of).toList();
    }
}
