package io.machinemanager.job;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Whether a service does by itself what it does again and again. */
@ConfigMapping(prefix = "jobs")
interface JobConfig {

    /** Only tests that run the jobs themselves say false. */
    @WithDefault("true")
    boolean enabled();
}
