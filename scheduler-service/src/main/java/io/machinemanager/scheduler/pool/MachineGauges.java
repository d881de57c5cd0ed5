package io.machinemanager.scheduler.pool;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.FailureLog;
import io.machinemanager.pool.MachineCountService;
import io.machinemanager.pool.MachineCounts;
import io.machinemanager.pool.MachineState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;

/** Metrics of the machines. A job refreshes them, so reading the metrics does not query the database. */
@ApplicationScoped
public class MachineGauges {

    private final MachineCountService machines;
    private final List<String> labels;
    private final MultiGauge byLabel;
    private volatile Map<MachineState, Long> latest = Map.of();

    MachineGauges(MachineCountService machines, MetricsConfig config, MeterRegistry registry) {
        this.machines = machines;
        this.labels = config.labels().orElse(List.of());
        for (MachineState state : MachineState.values()) {
            Gauge.builder("machinemanager.machines", () -> latest.getOrDefault(state, 0L)).tag("state", name(state))
                    .description("Machines by state").register(registry);
        }
        this.byLabel = MultiGauge.builder("machinemanager.machines.labelled")
                .description("Machines by state and the value of a label").register(registry);
    }

    private static String name(MachineState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    /** Queries the database for the current values; never throws. */
    public void refresh() {
        try {
            latest = machines.byState();
            byLabel.register(labels.stream().flatMap(label -> machines.byValue(label).stream()).flatMap(
                    counts -> Arrays.stream(MachineState.values()).map(state -> row(counts, state))).toList(), true);
        } catch (RuntimeException e) {
            FailureLog.log("Counting the machines failed", e);
        }
    }

    /** Each state has a row, so that a count that drops to zero is seen. */
    private static Row<?> row(MachineCounts counts, MachineState state) {
        return Row.of(Tags.of("label", counts.label(), "value", counts.value(), "state", name(state)),
                counts.byState().getOrDefault(state, 0L));
    }
}
