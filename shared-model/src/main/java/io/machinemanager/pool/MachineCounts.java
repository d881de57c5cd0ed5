package io.machinemanager.pool;

import java.util.Map;

/**
 * How many machines have a value of a label.
 *
 * @param label the name of the label
 * @param value the value, or {@link MachineCountService#OTHER}
 * @param byState how many, by state; states without any are omitted
 */
public record MachineCounts(String label, String value, Map<MachineState, Long> byState) {
}
