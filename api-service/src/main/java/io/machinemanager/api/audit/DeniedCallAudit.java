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

/** Writes down who was told that he may not do something, within {@link DeniedLimit}. */
@ApplicationScoped
class DeniedCallAudit {

    private final AuditService audit;
    private final CurrentActor origin;
    private final CurrentVertxRequest call;
    private final DeniedLimit limit = new DeniedLimit(Ticker.systemTicker());

    DeniedCallAudit(AuditService audit, CurrentActor origin, CurrentVertxRequest call) {
        this.audit = audit;
        this.origin = origin;
        this.call = call;
    }

    @ServerResponseFilter
    void note(ContainerRequestContext request, ContainerResponseContext response) {
        if (response.getStatus() == ErrorCode.FORBIDDEN.status()) {
            origin.user().ifPresent(user -> note(user, request));
        }
    }

    private void note(String user, ContainerRequestContext request) {
        // the path as it was sent, and no query, which may hold a password
        AuditEvent act = AuditEvent.of(AuditAction.ACCESS_DENIED, null).by(origin).outcome(AuditOutcome.REFUSED)
                .detail(request.getMethod() + " " + FormQueryDecoder.escaped(call.getCurrent().request().path()));
        // the answer may be on its way from a thread that must not wait for the database
        limit.take(user, act).ifPresent(taken -> Thread.ofVirtual().name("audit").start(() -> record(taken)));
    }

    private void record(AuditEvent act) {
        try {
            audit.record(act);
        } catch (RuntimeException e) {
            FailureLog.log("A refused call could not be written down", e);
        }
    }
}
