package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;

import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.Transactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.machine.Machine;
import io.quarkus.logging.Log;

/** The machines together with who holds them. */
@ApplicationScoped
public class PoolService {

    private static final String POOLED = "select new io.machinemanager.reservation.PooledMachine(m, r)"
            + " from Machine m left join Reservation r on r.liveMachineId = m.id";

    private final EntityManager entityManager;
    private final Transactions transactions;
    private final DatabaseClock clock;

    PoolService(EntityManager entityManager, Transactions transactions, DatabaseClock clock) {
        this.entityManager = entityManager;
        this.transactions = transactions;
        this.clock = clock;
    }

    /**
     * The pool by name.
     *
     * @param offset how many to leave out at the start
     * @param limit how many at the most
     */
    public Pool list(int offset, int limit) {
        return transactions.call(() -> new Pool(clock.now(),
                entityManager.createQuery(POOLED + " order by m.name", PooledMachine.class).setFirstResult(offset)
                        .setMaxResults(limit).getResultList()));
    }

    /** One machine, if there is one of that name. */
    public Optional<PooledMachine> byName(String name) {
        return transactions.call(() -> entityManager.createQuery(POOLED + " where m.name = :name", PooledMachine.class)
                .setParameter("name", name).getResultStream().findFirst());
    }

    /** The live reservations by machine, each with its machine, at the time the answer carries. */
    public LiveReservations reservations() {
        return transactions.call(() -> new LiveReservations(clock.now(), Reservation.live()));
    }

    /**
     * Takes a machine out of the pool for good. Its history stays, under its name.
     *
     * @throws NotFoundException when there is none of that name
     * @throws ConflictException while it is reserved or being cleaned
     */
    public void delete(String name) {
        transactions.run(() -> {
            Machine machine = Machine.lockByName(name)
                    .orElseThrow(() -> new NotFoundException("There is no machine named %s.".formatted(name)));
            Reservation.<Reservation>find("liveMachineId", machine.id).firstResultOptional().ifPresent(live -> {
                throw new ConflictException(live.state == ReservationState.RELEASING
                        ? "The machine %s is still being cleaned.".formatted(name)
                        : "The machine %s is reserved.".formatted(name));
            });
            Reservation.update("machine = null where machine = ?1", machine);
            machine.delete();
        });
        Log.infof("Machine %s deleted", name);
    }

    /**
     * The pool at one moment.
     *
     * @param at the database's time
     * @param machines the machines, by name
     */
    public record Pool(Instant at, List<PooledMachine> machines) {
    }

    /**
     * The live reservations at one moment.
     *
     * @param at the database's time
     * @param reservations the rows, by machine
     */
    public record LiveReservations(Instant at, List<Reservation> reservations) {
    }
}
