package io.machinemanager.startup;

import java.util.List;
import java.util.stream.Stream;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.quarkus.arc.All;
import io.quarkus.runtime.StartupEvent;

/** Ends the start before anything else if a setting or a {@link StartupCheck} has a problem. */
@ApplicationScoped
class StartupChecks {

    private final List<StartupCheck> checks;

    StartupChecks(@All List<StartupCheck> checks) {
        this.checks = checks;
    }

    void run(@Observes @Priority(StartupOrder.CHECKS) StartupEvent start) {
        List<String> problems = Stream
                .concat(ConfigValidation.problems(), checks.stream().flatMap(StartupCheck::problems)).sorted().toList();
        if (!problems.isEmpty()) {
            throw StartupFailure.because(problems);
        }
    }
}
