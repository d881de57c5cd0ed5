package io.machinemanager.startup;

import java.util.stream.Stream;

/**
 * A bean that looks at the configuration or the surroundings before a service starts. All of them are asked, so that the
 * operator sees everything that is wrong at once.
 */
public interface StartupCheck {

    /**
     * What would keep the service from working; must not need the database.
     *
     * @return one sentence for each problem, naming what to set and never its value
     */
    Stream<String> problems();
}
