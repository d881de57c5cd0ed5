package io.machinemanager.api.polling;

/**
 * The body of a response that is read while it is sent.
 *
 * @param body is written as JSON
 */
record LongList(Object body) {
}
