package io.machinemanager.reservation;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** Two rows through which the processes that serve the queue work together. */
@Entity
@Table(name = "queue_state")
public class QueueState extends PanacheEntityBase {

    private static final int PLANNING = 1;
    private static final int SIGNAL = 2;

    @Id
    public int id;

    /** How many signals there were; not used in the row that is only locked. */
    @Column(nullable = false)
    public long changes;

    /** Waits until no other transaction plans, and lets none plan until the end of this one. */
    static void lockPlanning() {
        findById(PLANNING, LockModeType.PESSIMISTIC_WRITE);
    }

    static void signal() {
        update("changes = changes + 1 where id = ?1", SIGNAL);
    }

    /** The number of signals until now. */
    static long signals() {
        return QueueState.<QueueState>findById(SIGNAL).changes;
    }
}
