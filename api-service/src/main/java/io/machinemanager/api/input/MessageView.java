package io.machinemanager.api.input;

/**
 * What was done, where there is nothing else to say.
 *
 * @param message one word or sentence
 */
public record MessageView(String message) {
}
