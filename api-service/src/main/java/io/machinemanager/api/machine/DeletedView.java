package io.machinemanager.api.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.pool.AbandonedAccount;

/**
 * A machine that was deleted.
 *
 * @param message one word
 * @param leftBehind the account that may be left on its host; only after a forced deletion
 */
public record DeletedView(String message, @JsonInclude(Include.NON_NULL) AbandonedAccount leftBehind) {
}
