package io.machinemanager.api.auth;

/** The roles there are beside being logged in. */
public final class Role {

    /** Manages users, machines and everybody's reservations. */
    public static final String ADMIN = "admin";

    private Role() {
    }
}
