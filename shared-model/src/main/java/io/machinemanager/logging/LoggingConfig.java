package io.machinemanager.logging;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about the log. */
@ConfigMapping(prefix = "log-output")
interface LoggingConfig {

    /** {@code LOG_FORMAT}: {@code text} for people, or {@code json}, an object on each line for programs that collect logs. */
    @WithDefault("text")
    String format();
}
