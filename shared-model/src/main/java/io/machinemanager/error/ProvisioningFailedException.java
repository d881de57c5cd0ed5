package io.machinemanager.error;

import java.util.Map;

/** Machines were free, but the service could not create accounts on enough of them; none stays reserved. */
public final class ProvisioningFailedException extends DomainException {

    /**
     * @param message what happened, as one sentence
     * @param machines the machines that failed, each with its reason
     */
    public ProvisioningFailedException(String message, Map<String, String> machines) {
        super(ErrorCode.PROVISIONING_FAILED, message, Map.of("machines", machines));
    }
}
