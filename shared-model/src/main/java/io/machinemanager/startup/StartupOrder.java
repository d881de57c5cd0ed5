package io.machinemanager.startup;

/** The order in which things happen when a service starts; ordinary observers of the start come after all of these. */
public final class StartupOrder {

    /** The configuration is checked. */
    public static final int CHECKS = -200;

    /** The database is waited for. */
    public static final int DATABASE = -100;

    private StartupOrder() {
    }
}
