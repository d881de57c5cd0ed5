package io.machinemanager.api.reservation;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
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
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

import io.machinemanager.api.auth.Caller;
import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.api.input.Page;
import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.api.polling.ConditionalResponse;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.reservation.AccountPasswordService;
import io.machinemanager.reservation.RequestDetails;
import io.machinemanager.reservation.RequestService;
import io.machinemanager.reservation.RequestService.Filter;
import io.machinemanager.reservation.RequestState;
import io.machinemanager.reservation.WaitOutlook;
import io.machinemanager.user.UserStatus;
import io.quarkus.security.Authenticated;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.virtual.threads.VirtualThreads;
import io.smallrye.common.annotation.RunOnVirtualThread;

/** Requests: what one call asked for, with the machines that it got or waits for. */
@Path("/requests")
@Tag(name = "Requests")
@Produces(MediaType.APPLICATION_JSON)
@Authenticated
public class RequestResource {

    private static final int LONGEST_WAIT = 60;
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1000;

    /** States whose change a caller waits for. A caller is told at once that its machines are ready. */
    private static final Set<RequestState> AWAITED = EnumSet.of(RequestState.QUEUED, RequestState.PROVISIONING);
    private static final Pattern PREFER_WAIT = Pattern.compile("(?:^|[,;])\\s*wait\\s*=\\s*([0-9]{1,6})\\s*(?:[,;]|$)");

    private final SecurityIdentity identity;
    private final RequestService requests;
    private final AccountPasswordService passwords;
    private final RequestWatch watch;
    private final ExecutorService threads;

    RequestResource(SecurityIdentity identity, RequestService requests,
            AccountPasswordService passwords, RequestWatch watch,
            @VirtualThreads ExecutorService threads) {
        this.identity = identity;
        this.requests = requests;
        this.passwords = passwords;
        this.watch = watch;
        this.threads = threads;
    }

    /** Lists requests. */
    @GET
    @RunOnVirtualThread
    @Operation(summary = "List requests, the latest first", description = """
            One's own; admins see those of all users. The answer has up to `limit` of them, and `X-Total-Count` says how many there
            are.""")
    @Parameter(name = "state", in = ParameterIn.QUERY, schema = @Schema(type = SchemaType.STRING, enumeration = {
            "queued", "provisioning", "active", "ended", "cancelled", "lapsed", "failed" }))
    @Parameter(name = "owner", in = ParameterIn.QUERY, description = "The user who made them", schema = @Schema(type = SchemaType.STRING))
    @Parameter(name = "limit", in = ParameterIn.QUERY, description = "How many at the most", schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "1", maximum = "1000", defaultValue = "100"))
    @Parameter(name = "offset", in = ParameterIn.QUERY, description = Page.OFFSET_DESCRIBED, schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "0", defaultValue = "0"))
    public RestResponse<RequestsView> list(@Context UriInfo uri) {
        QueryParameters query = QueryParameters.of(uri);
        int limit = query.number("limit", 1, MAX_LIMIT).orElse(DEFAULT_LIMIT);
        int offset = query.number("offset", 0).orElse(0);
        UserStatus caller = caller();
        Filter filter = new Filter(query.oneOf("state", EnumSet.allOf(RequestState.class)).orElse(null),
                query.text("owner").orElse(null), caller.admin() ? null : caller.userId());
        List<RequestSummaryView> found = requests.list(filter, offset, limit).stream()
                .map(RequestSummaryView::of).toList();
        return ResponseBuilder.ok(new RequestsView(found)).header(Page.TOTAL, requests.count(filter)).build();
    }

    /** Shows a request. */
    @GET
    @Path("/{id}")
    @Operation(summary = "Show one request", description = """
            For its owner and for admins. While it is queued it tells its `position`, what it waits for and when it is expected to
            be served. With `wait`, or the header `Prefer: wait=30`, the answer comes when its state or position changes, or after
            so many seconds, but at once when it is active or over. The first answer to its owner after it is active carries a
            generated password of a request that has waited, this once.""")
    @Parameter(name = "wait", in = ParameterIn.QUERY, description = "For how many seconds to wait for a change", schema = @Schema(type = SchemaType.INTEGER, format = "int32", minimum = "0", maximum = "60", defaultValue = "0"))
    @APIResponse(responseCode = "200", description = "The request", content = @Content(schema = @Schema(implementation = RequestView.class)))
    public CompletionStage<RestResponse<RequestView>> get(@RestPath String id, @Context UriInfo uri,
            @Context HttpHeaders headers, @Context Request request) {
        UserStatus caller = caller();
        int wait = QueryParameters.of(uri).number("wait", 0, LONGEST_WAIT).orElseGet(() -> preferredWait(headers));
        return CompletableFuture.supplyAsync(() -> own(id, caller), threads)
                .thenCompose(now -> wait == 0 || !AWAITED.contains(now.state())
                        ? CompletableFuture.completedFuture(now)
                        : watch.change(now.id(), seen(now), Duration.ofSeconds(wait))
                                .thenApplyAsync(changed -> requests.details(now.id()), threads))
                .thenApplyAsync(details -> show(details, caller, request), threads);
    }

    /** What cannot be understood of a preference is ignored (RFC 7240, section 2). */
    private static int preferredWait(HttpHeaders headers) {
        Matcher wait = PREFER_WAIT.matcher(Optional.ofNullable(headers.getHeaderString("Prefer")).orElse(""));
        return wait.find() ? Math.min(LONGEST_WAIT, Integer.parseInt(wait.group(1))) : 0;
    }

    private static RequestWatch.Seen seen(RequestDetails details) {
        WaitOutlook outlook = details.outlook();
        return new RequestWatch.Seen(details.state(), outlook == null ? null : outlook.position());
    }

    /** Keeps a HEAD from taking the password: without this method the framework would call that of GET. */
    @HEAD
    @RunOnVirtualThread
    @Path("/{id}")
    @Operation(hidden = true)
    public RestResponse<RequestView> head(@RestPath String id, @Context Request request) {
        return show(own(id, caller()), request);
    }

    /** While it is queued the answer changes with the rest of the queue. */
    private static RestResponse<RequestView> show(RequestDetails details, Request request) {
        RequestView view = RequestView.of(details);
        Stream<String> content = Stream.of(view.content());
        return details.outlook() == null
                ? ConditionalResponse.of(request, view, content)
                : ConditionalResponse.always(view, content);
    }

    /** Is not called for a client that has gone while it waited: the framework cancels what {@link #get} returned. */
    private RestResponse<RequestView> show(RequestDetails details, UserStatus caller, Request request) {
        Long owner = details.ownerId();
        // Else it could become active now, and the client would not look for a password in an answer that says it is not.
        Optional<String> password = details.isActive() && owner != null
                && owner == caller.userId()
                        ? requests.takePassword(details.id())
                        : Optional.empty();
        return password.isPresent()
                ? ResponseBuilder.ok(RequestView.of(details).withPassword(password.get()))
                        .header("Cache-Control", "no-store").build()
                : show(details, request);
    }

    /** Changes a request. */
    @PATCH
    @RunOnVirtualThread
    @Path("/{id}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Extend a request, or change its note", description = """
            `extend_minutes` are added to the present end of each machine; `reserved_until` is a new end for all. All machines or
            none: when the time of one is over nothing is changed, and the answer names it.""")
    public RequestView change(@RestPath String id, RequestChange change, @Context Request request) {
        FieldCheck.body(change).check();
        long known = owned(id, caller());
        requests.change(known, change.newEnd(), change.note(), seen -> check(request, seen));
        return RequestView.of(requests.details(known));
    }

    /** Ends a request. */
    @DELETE
    @RunOnVirtualThread
    @Path("/{id}")
    @Operation(summary = "Take a request back", description = """
            It leaves the queue, or all of its machines are given back. 200 when the accounts are verified gone, 202 when some
            could not be removed yet: `pending` names their machines, and the scheduler goes on trying. 410 when it is over.""")
    @APIResponse(responseCode = "200", description = "All is free again.", content = @Content(schema = @Schema(implementation = ReleaseView.class)))
    @APIResponse(responseCode = "202", description = "Still being removed.", content = @Content(schema = @Schema(implementation = ReleaseView.class)))
    public RestResponse<ReleaseView> cancel(@RestPath String id, @Context Request request) {
        UserStatus caller = caller();
        ReleaseView view = ReleaseView.of(requests.cancel(owned(id, caller),
                "%s took it back.".formatted(caller.username()), seen -> check(request, seen)));
        return ResponseBuilder.create(view.pending().isEmpty() ? RestResponse.Status.OK : RestResponse.Status.ACCEPTED,
                view).build();
    }

    /** Keeps a request alive. */
    @POST
    @RunOnVirtualThread
    @Path("/{id}/keepalive")
    @Operation(summary = "Keep a request alive", description = "For a request with `keepalive_minutes`: it lives on for so many minutes from now. 410 when it is over.")
    @APIResponse(responseCode = "204", description = "It lives on.")
    public RestResponse<Void> keepAlive(@RestPath String id) {
        requests.keepAlive(owned(id, caller()));
        return RestResponse.noContent();
    }

    /** Sets a new password. */
    @POST
    @RunOnVirtualThread
    @Path("/{id}/password")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(summary = "Set a new password on all machines of a request", description = """
            For its owner, for one that was lost. Without `reservation_password` one is generated, and the answer carries it this
            once. All machines or none: when one does not take it, the others get the old one back, and the answer names each.""")
    public RestResponse<NewPasswordView> setPassword(@RestPath String id, NewPassword change) {
        UserStatus caller = caller();
        long known = idOf(id);
        if (requests.ownerOf(known).filter(owner -> owner == caller.userId()).isEmpty()) {
            throw new ForbiddenException("Only the owner of a request may set the password of its accounts.");
        }
        String generated = passwords.change(known, FieldCheck.body(change).reservationPassword());
        return ResponseBuilder.ok(new NewPasswordView(known, generated)).header("Cache-Control", "no-store")
                .build();
    }

    /** Gives the lines for ssh. */
    @GET
    @RunOnVirtualThread
    @Path("/{id}/ssh-config")
    @Operation(summary = "Give the lines with which ssh logs in to the machines of a request", description = """
            `config` is for `~/.ssh/config`, and `known_hosts`, the recorded host keys, for the file that it names. Then
            `ssh MACHINE` asks nothing and trusts nothing blindly.""")
    public SshConfigView sshConfig(@RestPath String id) {
        return SshConfigView.of(own(id, caller()));
    }

    private static void check(Request request, RequestDetails seen) {
        ConditionalResponse.check(request, Stream.of(RequestView.of(seen).content()));
    }

    private RequestDetails own(String id, UserStatus caller) {
        return requests.details(owned(id, caller));
    }

    /** The id of a request that belongs to the caller, or that an admin asks for. */
    private long owned(String id, UserStatus caller) {
        long known = idOf(id);
        Optional<Long> owner = requests.ownerOf(known);
        if (!caller.admin() && owner.filter(user -> user == caller.userId()).isEmpty()) {
            throw new ForbiddenException("Only the owner of a request and admins may do this.");
        }
        return known;
    }

    private static long idOf(String id) {
        return QueryParameters.idOf(id).orElseThrow(
                () -> new NotFoundException("There is no such request; the id of one is a number."));
    }

    private UserStatus caller() {
        return Caller.of(identity);
    }
}
