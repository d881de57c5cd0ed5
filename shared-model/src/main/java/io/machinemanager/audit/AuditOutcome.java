package io.machinemanager.audit;

import java.util.Locale;

/** How it went. */
public enum AuditOutcome {
    /** It was done. */
    DONE,
    /** It was not allowed, and nothing was done. */
    REFUSED,
    /** It was allowed and tried, and could not be done. */
    FAILED;

    /** The outcome as clients see it, in snake case. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
