package io.machinemanager.api.reservation;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

/**
 * The result of a change of the password.
 *
 * @param requestId the request
 * @param reservationPassword the password that was generated, this once; left out when one was given
 */
public record NewPasswordView(long requestId, @JsonInclude(Include.NON_NULL) String reservationPassword) {

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "request " + requestId;
    }
}
