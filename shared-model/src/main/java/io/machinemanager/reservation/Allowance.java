package io.machinemanager.reservation;

import io.machinemanager.group.UserLimits;

/**
 * What a user may have, and what of it the user has.
 *
 * @param limits what the user may have
 * @param machines how many machines the user has: being prepared or in use
 * @param queued how many requests of the user wait
 */
public record Allowance(UserLimits limits, long machines, long queued) {
}
