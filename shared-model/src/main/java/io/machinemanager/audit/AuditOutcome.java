package io.machinemanager.audit;

import java.util.Locale;

/** The outcome of an audited action. */
public enum AuditOutcome {
    /** The action was done. */
    DONE,
    /** The action was not allowed, and was not done. */
    REFUSED,
    /** The action was allowed and tried, and failed. */
    FAILED;

    /** The outcome as clients see it, in snake case. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
