package io.machinemanager.api.login;

import io.machinemanager.user.Standing;
import io.quarkus.security.identity.SecurityIdentity;

/** Who makes a call. */
public final class Caller {

    /** Where {@link TokenCheck} leaves the caller's standing. */
    static final String STANDING = "io.machinemanager.standing";

    private Caller() {
    }

    /** The caller of an authenticated call. */
    public static Standing of(SecurityIdentity identity) {
        return identity.getAttribute(STANDING);
    }
}
