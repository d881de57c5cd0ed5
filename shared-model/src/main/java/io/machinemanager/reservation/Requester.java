package io.machinemanager.reservation;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Who reserves.
 *
 * @param userId the id of the user
 * @param name the user's name, kept in the history even after the user was deleted
 */
@RegisterForReflection // kept as JSON for repeated requests
public record Requester(long userId, String name) {
}
