package io.machinemanager.api.auth;

/** The roles. A user without one may do what every logged-in user may do. */
public final class Role {

    /** Manages the users, the machines and all reservations. */
    public static final String ADMIN = "admin";

    private Role() {
    }
}
