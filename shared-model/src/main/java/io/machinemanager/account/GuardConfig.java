package io.machinemanager.account;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

import jakarta.validation.constraints.AssertTrue;

import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of the guard: a small process on each lent machine that ends access on time when this service cannot. */
@ConfigMapping(prefix = "account-guard")
public interface GuardConfig {

    /**
     * {@code GUARD}: whether lent machines get the guard. Without it, an account stays usable after its end for as long as
     * the scheduler, its database or the network is down; no user is warned before the end; and nothing of ours runs on a
     * machine.
     */
    @WithDefault("true")
    boolean enabled();

    /**
     * {@code GUARD_GRACE}: how long after the end of an account the guard ends access. Until then the scheduler has the time
     * to remove the account. A shorter time ends access sooner while the scheduler is down; it must be longer than a
     * restart of the scheduler takes, and than the time in which accounts are made.
     */
    @WithDefault("5m")
    @DurationMin(seconds = 10, message = "GUARD_GRACE must be at least 10 seconds.")
    @DurationMax(days = 7, message = "GUARD_GRACE must be at most 7 days.")
    Duration grace();

    /**
     * {@code WARN_BEFORE}: how long before the end a message appears on the terminals of the account, such as {@code 10m,2m};
     * empty for never.
     */
    Optional<List<Duration>> warnBefore();

    /** Bean Validation finds rules on the elements of a list only on a method named {@code is…}. */
    @AssertTrue(message = "WARN_BEFORE must have at most 10 times, each of 10 seconds to 7 days.")
    default boolean isWarnBeforeUsable() {
        List<Duration> times = warnBefore().orElse(List.of());
        return times.size() <= 10 && times.stream().allMatch(
                time -> time.compareTo(Duration.ofSeconds(10)) >= 0 && time.compareTo(Duration.ofDays(7)) <= 0);
    }
}
