package io.machinemanager.playbook;

import java.util.Locale;

/** A playbook of the operator. */
public enum Playbook {
    /** Runs before a machine is handed over. */
    PREPARE,
    /** Runs after the account is verified gone, before the machine is free. */
    RESET;

    /** The name of the setting that has its path. */
    String setting() {
        return name() + "_PLAYBOOK";
    }

    /** Its name in metrics. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
