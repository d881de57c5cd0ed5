package io.machinemanager.startup;

import java.util.stream.Stream;

/**
 * A bean that checks the surroundings, or a setting for which Bean Validation has no constraint, before a service starts.
 * All of them run, so that the operator sees all problems at once.
 */
public interface StartupCheck {

    /**
     * What would keep the service from working; must not need the database.
     *
     * @return one sentence for each problem, naming what to set and never its value
     */
    Stream<String> problems();
}
