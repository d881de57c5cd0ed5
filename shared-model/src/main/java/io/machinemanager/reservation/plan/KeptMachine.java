package io.machinemanager.reservation.plan;

import java.time.Instant;

/**
 * A machine that stays free now because a waiting request needs it soon.
 *
 * @param id the machine
 * @param requestId the request that has it next
 * @param until when that request starts
 */
public record KeptMachine(long id, long requestId, Instant until) {
}
