package io.machinemanager.api.polling;

/**
 * An answer that is made while it is sent.
 *
 * @param body is written as JSON; some of it is read only then
 */
record LongAnswer(Object body) {
}
