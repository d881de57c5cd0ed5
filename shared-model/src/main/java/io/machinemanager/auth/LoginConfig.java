package io.machinemanager.auth;

import jakarta.validation.constraints.Min;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of log-ins. */
@ConfigMapping(prefix = "login")
public interface LoginConfig {

    /**
     * {@code LOGIN_MAX_FAILURES}: after how many wrong passwords in a row, within the time below, the service refuses
     * log-ins of that user from that address. After ten times as many it refuses log-ins of that user from all addresses
     * where the user did not log in before, and log-ins from that address of all users who did not log in there before.
     */
    @WithDefault("10")
    @Min(value = 1, message = "LOGIN_MAX_FAILURES is not a number of at least 1.")
    int maxFailures();

    /**
     * {@code LOGIN_LOCKOUT_SECONDS}: for how long the service then refuses log-ins, and how long after the first failure it
     * forgets all of them.
     */
    @WithDefault("300")
    @Min(value = 1, message = "LOGIN_LOCKOUT_SECONDS is not a number of at least 1.")
    int lockoutSeconds();

    /** {@code LOGIN_REFRESH_DAYS}: for how many days a log-in can be continued with refresh tokens. */
    @WithDefault("30")
    @Min(value = 1, message = "LOGIN_REFRESH_DAYS is not a number of at least 1.")
    int refreshDays();
}
