package io.machinemanager.scheduler.probe;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.Failures;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.reservation.ProbeService;
import io.quarkus.runtime.ShutdownEvent;

/** Looks at the machines, each in its turn. */
@ApplicationScoped
public class ProbeJob {

    /** Before account work itself is shut down, which happens in observers of ordinary priority. */
    private static final int BEFORE_ACCOUNT_WORK = 100;

    private final ProbeService probes;
    private final int atOnce;
    private volatile boolean stopping;

    ProbeJob(ProbeService probes, MachineConfig config) {
        this.probes = probes;
        this.atOnce = config.healthConcurrency();
    }

    void stop(@Observes @Priority(BEFORE_ACCOUNT_WORK) ShutdownEvent shutdown) {
        stopping = true;
    }

    /** Looks at all machines whose turn it is, some at once, and waits for what comes of it; never throws. */
    public void tick() {
        try {
            int looked = atOnce;
            while (looked == atOnce && !stopping) {
                looked = probes.probeDue();
            }
        } catch (RuntimeException e) {
            Failures.log("Looking at the machines failed", e);
        }
    }
}
