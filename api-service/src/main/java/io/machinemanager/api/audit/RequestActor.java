package io.machinemanager.api.audit;

import java.util.Optional;
import java.util.regex.Pattern;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.api.auth.Caller;
import io.machinemanager.audit.CurrentActor;
import io.machinemanager.user.UserStatus;
import io.quarkus.arc.Arc;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;

/**
 * The actor of the current call. The address is that of the connection, or the one that a proxy of {@code TRUSTED_PROXIES}
 * has forwarded.
 */
@ApplicationScoped
class RequestActor implements CurrentActor {

    private static final String FORWARDED_FOR = "X-Forwarded-For";
    /** Does not match a link-local address with its zone. */
    private static final Pattern ADDRESS = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

    private final CurrentVertxRequest request;
    private final TrustedProxies proxies;

    RequestActor(CurrentVertxRequest request, TrustedProxies proxies) {
        this.request = request;
        this.proxies = proxies;
    }

    @Override
    public Optional<String> user() {
        return identity().map(Caller::of).map(UserStatus::username);
    }

    @Override
    public Optional<String> apiKey() {
        return identity().flatMap(Caller::apiKey);
    }

    @Override
    public Optional<String> address() {
        return context().map(RoutingContext::request)
                .map(call -> proxies.client(call.remoteAddress().hostAddress(), call.headers().getAll(FORWARDED_FOR)))
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
