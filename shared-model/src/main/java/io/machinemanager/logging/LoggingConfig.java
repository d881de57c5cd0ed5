package io.machinemanager.logging;

import jakarta.validation.constraints.Pattern;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of the log. */
@ConfigMapping(prefix = "log-output")
interface LoggingConfig {

    /** {@code LOG_FORMAT}: {@code text} for people, or {@code json}, an object on each line, for programs that collect logs. */
    @WithDefault("text")
    @Pattern(regexp = "text|json", message = "LOG_FORMAT must be text or json.")
    String format();
}
