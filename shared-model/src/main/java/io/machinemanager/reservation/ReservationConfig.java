package io.machinemanager.reservation;

import java.time.Duration;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about reservations. */
@ConfigMapping(prefix = "reservations")
public interface ReservationConfig {

    /** {@code RESERVATION_MAX_MINUTES}: the longest that a machine is lent, extensions included, counted from the start. */
    @WithDefault("10080")
    int maxMinutes();

    /** {@code RESERVATION_MAX_MACHINES}: how many machines one user may hold at once; 0 means no limit. */
    @WithDefault("0")
    int maxMachines();

    /**
     * {@code RESERVATION_SUDO}: whether lent accounts may use sudo, and so become root. Who was root can leave behind what no
     * removal finds; say true only where machines are made anew afterwards.
     */
    @WithDefault("false")
    boolean sudo();

    /**
     * {@code CLAIM_DURATION}: after how long without a sign of life the work of a crashed service is taken over. A
     * shorter time recovers sooner; it must outlast a stall of the database.
     */
    @WithDefault("60s")
    Duration claim();

    /** {@code PROVISIONING_TIMEOUT}: how long a reservation goes on trying further machines when some fail. */
    @WithDefault("60s")
    Duration provisioningTimeout();

    /**
     * {@code SPARE_POOL_PERCENT}: the share of the enabled machines that is not lent, but kept to replace lent ones that
     * die. 0 lends everything and replaces nothing.
     */
    @WithDefault("0")
    int sparePoolPercent();

    /** How many looks at a lent machine have to fail in a row before it is replaced. */
    @WithDefault("3")
    int replaceAfterFailures();

    /** The pause before a removal that failed is tried again; doubled with each failure. */
    @WithDefault("10s")
    Duration retryFirst();

    /** The longest pause between two tries of a removal. */
    @WithDefault("10m")
    Duration retryLongest();
}
