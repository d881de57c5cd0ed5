package io.machinemanager.reservation;

import java.util.UUID;

import io.machinemanager.account.AccountResult;
import io.machinemanager.playbook.PlaybookInput;

/**
 * A claimed reset of a machine.
 *
 * @param claim the claim, for this reset alone
 * @param work the account work that belongs to the row
 * @param accountGone whether the account was verified gone before
 * @param input the machine, and what the playbook is told
 */
record ResetItem(UUID claim, WorkItem work, boolean accountGone, PlaybookInput input) {

    /**
     * Tells whether a probe found the account that had been removed. A machine that was set back to an earlier state may have
     * an earlier account of the same name.
     */
    boolean isAccountOn(AccountResult probe) {
        return probe.accounts().containsKey(work.account()) || probe.accounts().containsValue(work.token());
    }

    @Override
    public String toString() {
        return work.toString();
    }
}
