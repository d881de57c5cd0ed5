package io.machinemanager.scheduler;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.scheduler.cleanup.BacklogGauges;
import io.machinemanager.scheduler.pool.MachineGauges;
import io.machinemanager.scheduler.queue.QueueGauges;

/** Refreshes the metrics that are read from the database. */
@ApplicationScoped
class GaugesJob {

    private final BacklogGauges backlog;
    private final QueueGauges queue;
    private final MachineGauges machines;

    GaugesJob(BacklogGauges backlog, QueueGauges queue, MachineGauges machines) {
        this.backlog = backlog;
        this.queue = queue;
        this.machines = machines;
    }

    void refresh() {
        backlog.refresh();
        queue.refresh();
        machines.refresh();
    }
}
