package io.machinemanager.user;

/**
 * Told, in the transaction of the change, to whatever rests on a user's password.
 *
 * @param user whose password is another one now
 */
public record PasswordChanged(User user) {
}
