package io.machinemanager.reservation;

import java.time.Duration;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;

import org.hibernate.validator.constraints.time.DurationMin;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of reservations; {@link io.machinemanager.group.LimitsConfig} has the limits of users. */
@ConfigMapping(prefix = "reservations")
public interface ReservationConfig {

    /**
     * {@code RESERVATION_SUDO}: whether lent accounts may use sudo, and so become root. A user who was root can leave behind
     * changes that no removal finds; set it only where machines are made anew afterwards.
     */
    @WithDefault("false")
    boolean sudo();

    /**
     * {@code CLAIM_DURATION}: for how long a service claims a reservation that it works on; it renews the claim as it goes.
     * Another service takes over the work of a crashed one after that time. A shorter time recovers sooner; it must
     * outlast a stall of the database.
     */
    @WithDefault("60s")
    @DurationMin(seconds = 3, message = "CLAIM_DURATION must be at least 3 seconds.")
    Duration claim();

    /** {@code PROVISIONING_TIMEOUT}: how long a reservation goes on trying further machines when some fail. */
    @WithDefault("60s")
    @DurationMin(seconds = 1, message = "PROVISIONING_TIMEOUT must be at least a second.")
    Duration provisioningTimeout();

    /**
     * {@code SPARE_POOL_PERCENT}: the share of the enabled machines that is not lent, but kept to replace lent machines
     * that die. 0 lends all machines and replaces none.
     */
    @WithDefault("0")
    @Min(value = 0, message = "SPARE_POOL_PERCENT must be 0 to 100.")
    @Max(value = 100, message = "SPARE_POOL_PERCENT must be 0 to 100.")
    int sparePoolPercent();

    /** {@code QUEUE_MAX_WAIT_MINUTES}: the longest that a request may wait in the queue; 0 lets none wait. */
    @WithDefault("1440")
    @Min(value = 0, message = "QUEUE_MAX_WAIT_MINUTES must not be negative.")
    int queueMaxWaitMinutes();

    /** How many probes of a lent machine have to fail in a row before it is replaced. */
    @WithDefault("3")
    int replaceAfterFailures();

    /** The pause before a removal that failed is tried again; doubled with each failure. */
    @WithDefault("10s")
    Duration retryFirst();

    /** The longest pause between two tries of a removal. */
    @WithDefault("10m")
    Duration retryLongest();
}
