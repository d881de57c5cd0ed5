package io.machinemanager.api.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.pool.AbandonedAccount;

/**
 * A machine that was deleted.
 *
 * @param message one word
 * @param leftBehind what may be left on its host; only after a deletion by force
 */
public record DeletedView(String message, @JsonInclude(Include.NON_NULL) AbandonedAccount leftBehind) {
}
