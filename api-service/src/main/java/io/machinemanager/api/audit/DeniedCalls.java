package io.machinemanager.api.audit;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;

import org.jboss.resteasy.reactive.server.ServerResponseFilter;

import io.machinemanager.audit.Act;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditOrigin;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.audit.AuditService;
import io.machinemanager.database.Failures;
import io.machinemanager.error.ErrorCode;

/** Writes down who was told that he may not do something. */
@ApplicationScoped
class DeniedCalls {

    private final AuditService audit;
    private final AuditOrigin origin;

    DeniedCalls(AuditService audit, AuditOrigin origin) {
        this.audit = audit;
        this.origin = origin;
    }

    @ServerResponseFilter
    void note(ContainerRequestContext request, ContainerResponseContext response) {
        if (response.getStatus() == ErrorCode.FORBIDDEN.status() && origin.user().isPresent()) {
            // the path as it was sent, and no query, which may hold a password
            Act act = Act.of(AuditAction.ACCESS_DENIED, null).by(origin).outcome(AuditOutcome.REFUSED)
                    .detail(request.getMethod() + " " + request.getUriInfo().getRequestUri().getRawPath());
            // the answer may be on its way from a thread that must not wait for the database
            Thread.ofVirtual().name("audit").start(() -> record(act));
        }
    }

    private void record(Act act) {
        try {
            audit.record(act);
        } catch (RuntimeException e) {
            Failures.log("A refused call could not be written down", e);
        }
    }
}
