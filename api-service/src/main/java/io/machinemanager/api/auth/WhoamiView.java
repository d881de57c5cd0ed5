package io.machinemanager.api.auth;

import java.util.List;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

import io.machinemanager.group.Limit;
import io.machinemanager.group.UserLimits;
import io.machinemanager.reservation.Allowance;
import io.machinemanager.user.UserStatus;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Who a token stands for, what the user may have, and what of it the user has.
 *
 * @param user the user's name
 * @param roles {@code admin} or nothing
 * @param groups the user's groups, sorted
 * @param limits what the user may have: in each respect the best of the groups
 * @param used what the user has
 */
@RegisterForReflection // Jackson is called by hand
public record WhoamiView(String user, List<String> roles, List<String> groups, LimitsView limits, UsedView used) {

    /**
     * What a user may have.
     *
     * @param maxMachines how many machines at once; null for no limit
     * @param maxMinutes for how many minutes each, extensions included; null for no limit
     * @param maxQueued how many requests may wait at once; null for no limit
     * @param priority 0 to 100; requests of a higher priority are served first
     * @param mayBookDaysAhead how many days ahead the user may book; 0 for none
     */
    @RegisterForReflection
    public record LimitsView(@Schema(nullable = true) Integer maxMachines, @Schema(nullable = true) Integer maxMinutes,
            @Schema(nullable = true) Integer maxQueued, int priority, int mayBookDaysAhead) {

        private static LimitsView of(UserLimits limits) {
            return new LimitsView(number(limits.machines()), number(limits.minutes()), number(limits.queued()),
                    limits.priority(), limits.mayBookDaysAhead());
        }

        private static Integer number(Limit limit) {
            return limit.isNone() ? null : limit.most();
        }
    }

    /**
     * What a user has.
     *
     * @param machines how many machines: being prepared or in use
     * @param queued how many requests wait
     */
    @RegisterForReflection
    public record UsedView(long machines, long queued) {
    }

    static WhoamiView of(UserStatus caller, Allowance allowance) {
        return new WhoamiView(caller.username(), caller.admin() ? List.of(Role.ADMIN) : List.of(),
                allowance.limits().groups(), LimitsView.of(allowance.limits()),
                new UsedView(allowance.machines(), allowance.queued()));
    }
}
