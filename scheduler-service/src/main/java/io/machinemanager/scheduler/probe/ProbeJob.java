package io.machinemanager.scheduler.probe;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.machine.MachineConfig;
import io.machinemanager.reservation.ProbeService;
import io.machinemanager.scheduler.Failures;

/** Looks at the machines, each in its turn. */
@ApplicationScoped
public class ProbeJob {

    private final ProbeService probes;
    private final int atOnce;

    ProbeJob(ProbeService probes, MachineConfig config) {
        this.probes = probes;
        this.atOnce = config.healthConcurrency();
    }

    /** Looks at all machines whose turn it is, some at once, and waits for what comes of it; never throws. */
    public void tick() {
        try {
            int looked = atOnce;
            while (looked == atOnce) {
                looked = probes.probeDue();
            }
        } catch (RuntimeException e) {
            Failures.log("Looking at the machines failed", e);
        }
    }
}
