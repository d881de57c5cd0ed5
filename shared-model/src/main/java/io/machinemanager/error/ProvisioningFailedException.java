package io.machinemanager.error;

import java.util.Map;

/** Machines were free, but no account could be made on enough of them; nothing is held for the caller. */
public final class ProvisioningFailedException extends DomainException {

    /**
     * @param message what happened, as one sentence
     * @param machines the machines that failed, each with its reason
     */
    public ProvisioningFailedException(String message, Map<String, String> machines) {
        super(ErrorCode.PROVISIONING_FAILED, message, Map.of("machines", machines));
    }
}
