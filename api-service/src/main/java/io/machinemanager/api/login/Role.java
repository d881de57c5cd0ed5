package io.machinemanager.api.login;

/** The roles there are beside being logged in. */
public final class Role {

    /** Manages users, machines and everybody's reservations. */
    public static final String ADMIN = "admin";

    private Role() {
    }
}
