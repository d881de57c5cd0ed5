package io.machinemanager.scheduler.pool;

import java.util.List;
import java.util.Optional;

import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

import io.smallrye.config.ConfigMapping;

/** The settings of the metrics. */
@ConfigMapping(prefix = "metrics")
public interface MetricsConfig {

    /** {@code METRICS_LABELS}: the names of the labels by whose values machines are counted. */
    Optional<@Size(max = 5, message = "METRICS_LABELS must have at most 5 names.") List<@Pattern(regexp = "[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?", message = "METRICS_LABELS must be names of labels with commas between.") String>> labels();
}
