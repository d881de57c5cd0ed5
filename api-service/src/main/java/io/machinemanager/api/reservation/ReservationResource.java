package io.machinemanager.api.reservation;

import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.UriInfo;

import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import io.machinemanager.api.auth.Caller;
import io.machinemanager.api.group.VisibleMachines;
import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.api.input.Page;
import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.api.polling.ConditionalResponse;
import io.machinemanager.api.polling.PolledResponses;
import io.machinemanager.database.FailureLog;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.reservation.Lease;
import io.machinemanager.reservation.LiveReservations;
import io.machinemanager.reservation.LiveReservations.Wanted;
import io.machinemanager.reservation.RequestService;
import io.machinemanager.reservation.ReservationDetails;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.reservation.ReservationSpec;
import io.machinemanager.reservation.ReservationState;
import io.machinemanager.reservation.Reserved;
import io.machinemanager.user.UserStatus;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** Reservations: one for each machine that is lent. */
@Path("/reservations")
@Tag(name = "Reservations")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
public class ReservationResource {

    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";
    private static final Set<ReservationState> LIVE = EnumSet.complementOf(EnumSet.of(ReservationState.RELEASED));
    private static final Pattern KEY = Pattern.compile("[ -~]{1,255}");

    private final SecurityIdentity identity;
    private final ReservationService reservations;
    private final RequestService requests;
    private final LiveReservations live;
    private final VisibleMachines visible;
    private final PolledResponses polled;

    ReservationResource(SecurityIdentity identity, ReservationService reservations, RequestService requests,
            LiveReservations live, VisibleMachines visible, PolledResponses polled) {
        this.identity = identity;
        this.reservations = reservations;
        this.requests = requests;
        this.live = live;
        this.visible = visible;
        this.polled = polled;
    }

    /** Reserves machines. */
    @POST
    @RunOnVirtualThread
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Reserve machines", description = """
            All or nothing: either all `count` machines have the account, or none has it and none is held. When neither a
            password nor an `ssh_public_key` is given the caller's SSH keys let the caller in; without such keys a password
            is generated, and the answer carries it this once. With
            `wait_minutes` the request goes to the queue when too few machines are free: the answer is 202, and
            `GET /requests/{id}` tells how it goes on. With an `Idempotency-Key` the request may be repeated: for 24 hours the
            same key gives the first answer again and reserves once.""")
    @Parameter(name = IDEMPOTENCY_KEY, in = ParameterIn.HEADER, description = "Any text of up to 255 characters, such as a random UUID.", schema = @Schema(type = SchemaType.STRING, maxLength = 255))
    @APIResponse(responseCode = "201", description = "All accounts are made.", content = @Content(schema = @Schema(implementation = LeaseView.class)))
    @APIResponse(responseCode = "202", description = "The request waits in the queue; `Location` has its address.", content = @Content(schema = @Schema(implementation = RequestView.class)))
    public RestResponse<Object> reserve(ReservationRequest body, @Context HttpHeaders headers) {
        ReservationSpec spec = FieldCheck.body(body).toSpec(caller());
        return switch (reservations.reserve(spec, key(headers).orElse(null))) {
            case Reserved.Lent(Lease lease) -> answer(RestResponse.Status.CREATED, LeaseView.of(lease)).build();
            case Reserved.Accepted(long id) -> accepted(look(id, spec));
        };
    }

    /** The caller must learn the id of the request, whatever fails after it was accepted. */
    private RequestView look(long id, ReservationSpec spec) {
        try {
            return RequestView.of(requests.details(id));
        } catch (RuntimeException e) {
            FailureLog.log("Reading the accepted request %d failed".formatted(id), e);
            return RequestView.accepted(id, spec);
        }
    }

    /** 202 while the request is not served; a repeated call may come when it is. */
    private static RestResponse<Object> accepted(RequestView view) {
        RestResponse.Status status = view.served() ? RestResponse.Status.CREATED : RestResponse.Status.ACCEPTED;
        return answer(status, view).location(URI.create("/requests/" + view.requestId())).build();
    }

    private static ResponseBuilder<Object> answer(RestResponse.Status status, Object view) {
        return ResponseBuilder.create(status, view).header("Cache-Control", "no-store");
    }

    private static Optional<String> key(HttpHeaders headers) {
        List<String> given = headers.getRequestHeader(IDEMPOTENCY_KEY);
        if (given.isEmpty()) {
            return Optional.empty();
        }
        if (given.size() > 1 || !KEY.matcher(given.getFirst()).matches()) {
            throw new InvalidRequestException("An Idempotency-Key is one text of 1 to 255 printable characters.");
        }
        return Optional.of(given.getFirst());
    }

    /** Lists the live reservations. */
    @GET
    @Operation(summary = "List the live reservations, one entry a machine", description = """
            An entry stays until the account is verified gone, `seconds_remaining` being 0 at the end. With `state` only those in
            that state: all of them for admins, for others their own. `state=releasing` lists what is not clean yet, and
            `state=resetting` the machines that are reset before they are lent again; both say since when, why, and when the next
            try comes. Other users' reservations of machines for groups that the caller is
            not in are left out, except for admins.""")
    @Parameter(name = "state", in = ParameterIn.QUERY, schema = @Schema(type = SchemaType.STRING, enumeration = {
            "provisioning", "active", "releasing", "resetting" }))
    @Parameter(name = "limit", in = ParameterIn.QUERY, description = Page.LIMIT_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "1"))
    @Parameter(name = "offset", in = ParameterIn.QUERY, description = Page.OFFSET_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "0", defaultValue = "0"))
    @APIResponse(responseCode = "200", description = "The reservations", headers = @Header(name = Page.TOTAL, description = Page.TOTAL_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER)), content = @Content(schema = @Schema(implementation = ReservationsView.class)))
    public CompletionStage<RestResponse<Object>> list(@Context UriInfo uri, @Context Request request) {
        QueryParameters query = QueryParameters.of(uri);
        Page page = Page.of(query);
        Optional<ReservationState> state = query.oneOf("state", LIVE);
        UserStatus caller = caller();
        if (state.isPresent()) {
            return list(request, page, new Wanted(state.get(), caller.admin() ? null : caller.userId()));
        }
        return visible.of(caller)
                .thenCompose(access -> list(request, page, Wanted.seenBy(caller.userId(), access)));
    }

    private CompletionStage<RestResponse<Object>> list(Request request, Page page, Wanted wanted) {
        return polled.of(request, page, new ReservationRows(live, wanted, page.offset()), () -> live.count(wanted),
                ReservationsView::new, ReservationView::forETag);
    }

    /** Shows a reservation. */
    @GET
    @RunOnVirtualThread
    @Path("/{id}")
    @Operation(summary = "Show one reservation with its history", description = "For its owner and for admins. Reservations that have ended are shown too.")
    public RestResponse<ReservationDetailView> get(@RestPath String id, @Context Request request) {
        ReservationDetailView view = ReservationDetailView.of(own(id));
        return ConditionalResponse.of(request, view, Stream.of(view.forETag()));
    }

    /** Moves the end of a reservation. */
    @PATCH
    @RunOnVirtualThread
    @Path("/{id}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Extend or shorten a reservation", description = """
            Give `extend_minutes`, which are added to the present end, or `duration_minutes`, counted from the start, or
            `reserved_until`. A `duration_minutes` that makes the end earlier needs `"shorten": true`. Only while the reservation is active: an
            extension that comes too late is refused with 409 and changes nothing.""")
    public ReservationDetailView moveEnd(@RestPath String id, EndChange change, @Context Request request) {
        FieldCheck.body(change).check();
        long reservation = own(id).id();
        reservations.extend(reservation, change.toNewEnd(), seen -> check(request, seen));
        return ReservationDetailView.of(reservations.details(reservation));
    }

    /** Ends a reservation before its time. */
    @DELETE
    @RunOnVirtualThread
    @Path("/{id}")
    @Operation(summary = "Give a machine back early", description = """
            200 when the account is verified gone. 202 when the account could not be removed yet: the
            reservation is over all the same, and the scheduler goes on trying.""")
    @APIResponse(responseCode = "200", description = "Free again.", content = @Content(schema = @Schema(implementation = ReleaseView.class)))
    @APIResponse(responseCode = "202", description = "Still being removed.", content = @Content(schema = @Schema(implementation = ReleaseView.class)))
    public RestResponse<ReleaseView> giveBack(@RestPath String id, @Context Request request) {
        ReleaseView view = ReleaseView.of(reservations.release(unchanged(id, request)));
        return ResponseBuilder.create(view.pending().isEmpty() ? RestResponse.Status.OK : RestResponse.Status.ACCEPTED,
                view).build();
    }

    /** The id of the reservation, when it meets the conditions of the request. */
    private long unchanged(String id, Request request) {
        ReservationDetails details = own(id);
        check(request, details);
        return details.id();
    }

    private static void check(Request request, ReservationDetails seen) {
        ConditionalResponse.check(request, Stream.of(ReservationDetailView.of(seen).forETag()));
    }

    private ReservationDetails own(String id) {
        ReservationDetails details = reservations.details(parse(id));
        UserStatus caller = caller();
        Long owner = details.ownerId();
        if (!caller.admin() && (owner == null || owner != caller.userId())) {
            throw new ForbiddenException("Only the owner of a reservation and admins may do this.");
        }
        return details;
    }

    private static long parse(String id) {
        return QueryParameters.idOf(id).orElseThrow(
                () -> new NotFoundException("There is no such reservation; the id of one is a number."));
    }

    private UserStatus caller() {
        return Caller.of(identity);
    }
}
