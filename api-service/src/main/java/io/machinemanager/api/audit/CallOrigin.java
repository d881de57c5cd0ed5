package io.machinemanager.api.audit;

import java.util.Optional;
import java.util.regex.Pattern;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.api.login.Caller;
import io.machinemanager.audit.AuditOrigin;
import io.machinemanager.user.Standing;
import io.quarkus.arc.Arc;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;

/**
 * Tells the audit who makes the call in hand. The address is the connection's, or what a proxy of {@code TRUSTED_PROXIES}
 * says it is.
 */
@ApplicationScoped
class CallOrigin implements AuditOrigin {

    /** What a trusted proxy hands on is an address, unless it is misled. */
    private static final Pattern ADDRESS = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

    private final CurrentVertxRequest request;

    CallOrigin(CurrentVertxRequest request) {
        this.request = request;
    }

    @Override
    public Optional<String> user() {
        return identity().map(Caller::of).map(Standing::username);
    }

    @Override
    public Optional<String> apiKey() {
        return identity().flatMap(Caller::apiKey);
    }

    @Override
    public Optional<String> address() {
        return context().map(context -> context.request().remoteAddress())
                .map(address -> address.hostAddress() == null ? address.host() : address.hostAddress())
                .filter(address -> ADDRESS.matcher(address).matches());
    }

    private Optional<SecurityIdentity> identity() {
        return context().map(RoutingContext::user).filter(QuarkusHttpUser.class::isInstance)
                .map(QuarkusHttpUser.class::cast).map(QuarkusHttpUser::getSecurityIdentity);
    }

    private Optional<RoutingContext> context() {
        return Arc.container().requestContext().isActive()
                ? Optional.ofNullable(request.getCurrent())
                : Optional.empty();
    }
}
