package io.machinemanager.api.machine;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.pool.LabelUse;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A label that machines have.
 *
 * @param name its name
 * @param values its values, sorted, at most 1,000
 * @param moreValues how many values it has beside these; only when there are any
 */
@RegisterForReflection // Jackson is called by hand
public record LabelView(String name, List<ValueView> values,
        @JsonInclude(Include.NON_DEFAULT) int moreValues) {

    /**
     * A value of a label.
     *
     * @param value the value, which may be empty
     * @param machines how many machines have it
     */
    @RegisterForReflection
    public record ValueView(String value, long machines) {
    }

    static LabelView of(LabelUse label) {
        return new LabelView(label.name(),
                label.values().stream().map(use -> new ValueView(use.value(), use.machines())).toList(),
                label.moreValues());
    }
}
