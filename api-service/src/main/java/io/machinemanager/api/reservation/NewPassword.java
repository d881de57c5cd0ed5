package io.machinemanager.api.reservation;

/**
 * A new password for the accounts of a request.
 *
 * @param reservationPassword the password; one is generated when it is left out
 */
public record NewPassword(String reservationPassword) {

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "a new password";
    }
}
