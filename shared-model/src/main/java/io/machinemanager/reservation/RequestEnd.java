package io.machinemanager.reservation;

import java.time.Instant;
import java.util.Map;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditLog;

/** Ends requests other than by their time, with an entry in the audit. */
@ApplicationScoped
class RequestEnd {

    private static final Map<RequestState, AuditAction> ACTIONS = Map.of(
            RequestState.CANCELLED, AuditAction.REQUEST_CANCELLED,
            RequestState.LAPSED, AuditAction.REQUEST_LAPSED,
            RequestState.FAILED, AuditAction.REQUEST_FAILED);

    private final AuditLog audit;
    private final RequestMetrics metrics;

    RequestEnd(AuditLog audit, RequestMetrics metrics) {
        this.audit = audit;
        this.metrics = metrics;
    }

    /**
     * Ends a request in the caller's transaction.
     *
     * @param how cancelled, lapsed or failed
     * @param reason a sentence
     */
    void end(Request request, RequestState how, String reason, Instant now) {
        request.end(how, reason, now);
        audit.record(request.auditEvent(ACTIONS.get(how), reason));
        metrics.ended(how);
    }
}
