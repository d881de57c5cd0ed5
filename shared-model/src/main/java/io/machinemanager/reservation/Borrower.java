package io.machinemanager.reservation;

/**
 * Who reserves.
 *
 * @param userId the id of the user
 * @param name the user's name, kept in the history even after the user was deleted
 */
public record Borrower(long userId, String name) {
}
