package io.machinemanager.reservation;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The user who reserves.
 *
 * @param userId the id of the user
 * @param name the user's name, which the history keeps after the user was deleted
 */
@RegisterForReflection // stored as JSON for repeated requests
public record Requester(long userId, String name) {
}
