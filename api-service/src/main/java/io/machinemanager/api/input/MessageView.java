package io.machinemanager.api.input;

/**
 * The response to a call that has nothing else to return.
 *
 * @param message one word or sentence
 */
public record MessageView(String message) {
}
