package io.machinemanager.user;

/**
 * CDI event: a user's password was changed. It is fired in the transaction of the change.
 *
 * @param user the user, with the new password
 */
public record PasswordChanged(User user) {
}
