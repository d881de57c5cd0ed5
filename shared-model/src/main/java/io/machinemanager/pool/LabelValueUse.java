package io.machinemanager.pool;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A value of a label that machines have.
 *
 * @param name the name of the label
 * @param value the value
 * @param machines how many machines have it
 */
@RegisterForReflection // created by a query
public record LabelValueUse(String name, String value, long machines) {
}
