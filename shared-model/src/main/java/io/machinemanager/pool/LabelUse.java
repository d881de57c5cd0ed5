package io.machinemanager.pool;

import java.util.List;

/**
 * A label that machines have.
 *
 * @param name its name
 * @param values its values, sorted, at most {@link #MAX_VALUES}
 * @param moreValues how many values it has beside these
 */
public record LabelUse(String name, List<LabelValueUse> values, int moreValues) {

    /** The most values that are listed of a label, so that a serial number as a label does not fill the memory. */
    public static final int MAX_VALUES = 1000;
}
