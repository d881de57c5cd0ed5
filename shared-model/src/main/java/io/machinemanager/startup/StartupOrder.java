package io.machinemanager.startup;

/** Priorities of observers of the start; ordinary observers run after all of these. */
public final class StartupOrder {

    /** The settings and the surroundings are checked. */
    public static final int CHECKS = -200;

    /** The service waits for the database. */
    public static final int DATABASE = -100;

    private StartupOrder() {
    }
}
