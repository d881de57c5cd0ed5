package io.machinemanager.scheduler.probe;

import java.time.Duration;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.FailureLog;
import io.machinemanager.job.JobScheduler;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.probe.ProbeService;
import io.machinemanager.scheduler.BoundedWork;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;

/**
 * Probes the machines whose turn it is.
 *
 * <p>
 * A tick only starts the probes; they run beside it. So a machine that does not answer delays neither the next tick nor the
 * other machines.
 */
@ApplicationScoped
public class ProbeJob {

    /** Account work is shut down in observers of ordinary priority, and the probes are account work. */
    private static final int AFTER_ACCOUNT_WORK = 3000;
    /** A probe changes nothing and is soon repeated, so a stop does not wait for machines that do not answer. */
    private static final Duration RECORDING_TIME = Duration.ofSeconds(1);

    private final BoundedWork probes;
    private final int limit;

    ProbeJob(ProbeService service, MachineConfig config) {
        this.limit = config.healthConcurrency();
        this.probes = new BoundedWork(limit, service::probeDue, this::tick);
    }

    void startNoMore(@Observes @Priority(JobScheduler.BEFORE_JOBS_ARE_AWAITED) ShutdownEvent shutdown) {
        probes.startNoMore();
    }

    /** Waits a moment until the results of the probes are recorded. */
    void awaitRecords(@Observes @Priority(AFTER_ACCOUNT_WORK) ShutdownEvent shutdown) throws InterruptedException {
        if (!probes.drain(RECORDING_TIME)) {
            Log.infof("%d probes are under way and will be repeated", probes.running());
        }
    }

    /** Starts the probes that are due, as far as there is room. Returns before they are done; never throws. */
    public void tick() {
        try {
            probes.startDue(limit);
        } catch (RuntimeException e) {
            FailureLog.log("Starting the probes that are due failed", e);
        }
    }
}
