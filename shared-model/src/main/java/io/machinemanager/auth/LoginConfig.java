package io.machinemanager.auth;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about logging in. */
@ConfigMapping(prefix = "login")
public interface LoginConfig {

    /**
     * {@code LOGIN_MAX_FAILURES}: after how many wrong passwords in a row, within the time below, no more are tried for
     * that user from that address; and after ten times as many, for that user from all addresses where it was not logged in
     * before, or from that address for all users who were not.
     */
    @WithDefault("10")
    int maxFailures();

    /**
     * {@code LOGIN_LOCKOUT_SECONDS}: for how long no more are tried, and how long after the first failure all are forgotten.
     */
    @WithDefault("300")
    int lockoutSeconds();

    /** {@code LOGIN_REFRESH_DAYS}: for how many days a log-in can be continued with refresh tokens. */
    @WithDefault("30")
    int refreshDays();
}
