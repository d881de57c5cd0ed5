package io.machinemanager.api.audit;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;

import org.jboss.resteasy.reactive.server.ServerResponseFilter;

import com.github.benmanes.caffeine.cache.Ticker;

import io.machinemanager.api.input.FormQueryDecoder;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.audit.AuditService;
import io.machinemanager.audit.CurrentActor;
import io.machinemanager.database.FailureLog;
import io.machinemanager.error.ErrorCode;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;

/** Records calls that were refused with 403, within {@link DeniedLimit}. */
@ApplicationScoped
class DeniedCallAudit {

    private final AuditService audit;
    private final CurrentActor actor;
    private final CurrentVertxRequest call;
    private final DeniedLimit limit = new DeniedLimit(Ticker.systemTicker());

    DeniedCallAudit(AuditService audit, CurrentActor actor, CurrentVertxRequest call) {
        this.audit = audit;
        this.actor = actor;
        this.call = call;
    }

    @ServerResponseFilter
    void recordRefusal(ContainerRequestContext request, ContainerResponseContext response) {
        if (response.getStatus() == ErrorCode.FORBIDDEN.status()) {
            actor.user().ifPresent(user -> recordRefusal(user, request));
        }
    }

    private void recordRefusal(String user, ContainerRequestContext request) {
        // only the path, because a query may hold a password
        AuditEvent event = AuditEvent.of(AuditAction.ACCESS_DENIED, null).by(actor).outcome(AuditOutcome.REFUSED)
                .detail(request.getMethod() + " " + FormQueryDecoder.escaped(call.getCurrent().request().path()));
        // this may be the thread of the connection, which must not wait for the database
        limit.take(user, event).ifPresent(taken -> Thread.ofVirtual().name("audit").start(() -> record(taken)));
    }

    private void record(AuditEvent event) {
        try {
            audit.record(event);
        } catch (RuntimeException e) {
            FailureLog.log("A refused call could not be written down", e);
        }
    }
}
