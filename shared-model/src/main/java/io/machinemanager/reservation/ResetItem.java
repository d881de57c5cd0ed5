package io.machinemanager.reservation;

import java.util.UUID;

import io.machinemanager.account.AccountResult;
import io.machinemanager.playbook.PlaybookInput;

/**
 * A claimed reset of a machine whose account is gone.
 *
 * @param claim the claim, for this reset alone
 * @param reservationId the row
 * @param machineId the machine's row
 * @param token the fencing token that the account had
 * @param input the machine, and what the playbook is told
 */
record ResetItem(UUID claim, long reservationId, long machineId, long token, PlaybookInput input) {

    /**
     * Tells whether a probe found the account that had been removed. A machine that was set back to an earlier state may have
     * an earlier account of the same name.
     */
    boolean isAccountOn(AccountResult probe) {
        return probe.accounts().containsKey(input.account()) || probe.accounts().containsValue(token);
    }

    @Override
    public String toString() {
        return "Reservation " + reservationId + " on " + input.target().machine();
    }
}
