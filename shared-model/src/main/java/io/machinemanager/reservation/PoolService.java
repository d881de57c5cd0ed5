package io.machinemanager.reservation;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.StatelessSession;

import io.machinemanager.audit.Act;
import io.machinemanager.audit.Audit;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.Reads;
import io.machinemanager.database.Transactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/** The machines together with who holds them. */
@ApplicationScoped
public class PoolService {

    private static final String POOLED = "select new io.machinemanager.reservation.PooledMachine(m, r)"
            + " from Machine m left join Reservation r on r.liveMachineId = m.id";

    private final Reads reads;
    private final Transactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final Audit audit;

    PoolService(Reads reads, Transactions transactions, DatabaseClock clock, SecretBox secrets,
            Audit audit) {
        this.reads = reads;
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.audit = audit;
    }

    /**
     * The pool by name.
     *
     * @param offset how many to leave out at the start
     * @param limit how many at the most
     */
    public Pool list(int offset, int limit) {
        return reads.call(session -> {
            // the index alone leads to the place: with the join, the database would sort all machines first
            String first = offset == 0
                    ? ""
                    : session.createSelectionQuery("select m.name from Machine m order by m.name", String.class)
                            .setFirstResult(offset).setMaxResults(1).getResultStream().findFirst().orElse(null);
            return new Pool(Reads.now(session), first == null ? List.of() : part(session, ">=", first, limit));
        });
    }

    /**
     * The machines by name that come after one.
     *
     * @param name a name, of a machine or not
     * @param limit how many at the most
     */
    public Pool after(String name, int limit) {
        return reads.call(session -> new Pool(Reads.now(session), part(session, ">", name, limit)));
    }

    private static List<PooledMachine> part(StatelessSession session, String beyond, String name, int limit) {
        return session.createSelectionQuery(POOLED + " where m.name " + beyond + " :name order by m.name",
                PooledMachine.class).setParameter("name", name).setMaxResults(limit).getResultList();
    }

    /** What there is to say of each machine in one line, by name. */
    public Glance glance() {
        return reads.call(session -> new Glance(Reads.now(session),
                session.createSelectionQuery(
                        "select new io.machinemanager.reservation.PooledName(m.name, m.enabled, r.state,"
                                + " m.unavailableUntil, m.unavailableReason, m.pausedUntil, m.pausedReason, m.strayReason)"
                                + " from Machine m"
                                + " left join Reservation r on r.liveMachineId = m.id order by m.name",
                        PooledName.class)
                        .getResultList()));
    }

    /** How many machines there are. */
    public long count() {
        return count("from Machine");
    }

    /**
     * The machine of that name alone.
     *
     * @throws NotFoundException when there is none
     */
    public Pool only(String name) {
        return reads.call(session -> new Pool(Reads.now(session),
                List.of(session.createSelectionQuery(POOLED + " where m.name = :name", PooledMachine.class)
                        .setParameter("name", name).getResultStream().findFirst()
                        .orElseThrow(() -> unknown(name)))));
    }

    /**
     * The live reservations by machine, each with its machine, at the time the answer carries.
     *
     * @param offset how many to leave out at the start
     * @param limit how many at the most
     */
    public LiveReservations reservations(int offset, int limit) {
        return reads.call(session -> new LiveReservations(Reads.now(session),
                session.createSelectionQuery("from Reservation r join fetch r.machine where r.liveMachineId is not null"
                        + " order by r.machineName", Reservation.class).setFirstResult(offset).setMaxResults(limit)
                        .getResultList()));
    }

    /**
     * The reservations in one live state, as {@link #reservations}.
     *
     * @param ownerId whose; null means everybody's
     */
    public LiveReservations reservations(ReservationState state, Long ownerId, int offset, int limit) {
        return transactions
                .call(() -> new LiveReservations(clock.now(), Reservation.inState(state, ownerId, offset, limit)));
    }

    /** How many reservations {@link #reservations(ReservationState, Long, int, int)} would tell of without a limit. */
    public long countReservations(ReservationState state, Long ownerId) {
        return transactions.call(() -> Reservation.countInState(state, ownerId));
    }

    /** How many live reservations there are. */
    public long countReservations() {
        return count("from Reservation where liveMachineId is not null");
    }

    private long count(String rows) {
        return reads.call(session -> session.createSelectionQuery("select count(*) " + rows, Long.class)
                .getSingleResult());
    }

    /**
     * Changes a machine. One that is lent can neither move nor be replaced by another behind the same name: its account
     * would be looked for in the wrong place.
     *
     * @param change what is to be changed. When the machine moves and no host keys are given, they are recorded at the
     *        first contact
     * @throws NotFoundException when there is none of that name
     * @throws ConflictException when it is to move while it is reserved or being cleaned
     */
    public Pool change(String name, MachineChange change) {
        transactions.run(() -> {
            Machine machine = Machine.lockByName(name).orElseThrow(() -> unknown(name));
            boolean moves = change.moves(machine);
            if (moves) {
                refuseWhileHeld(machine);
                machine.hostKeys = null;
            }
            apply(change, machine, moves);
            audit.record(Act.of(AuditAction.MACHINE_CHANGED, name).detail(change.toString()));
        });
        Log.infof("Machine %s changed: %s", name, change);
        return only(name);
    }

    private void apply(MachineChange change, Machine machine, boolean moves) {
        Optional.ofNullable(change.host()).ifPresent(host -> machine.host = host);
        Optional.ofNullable(change.port()).ifPresent(port -> machine.port = port);
        Optional.ofNullable(change.user()).ifPresent(user -> machine.sshUser = user);
        Optional.ofNullable(change.login()).ifPresent(login -> machine.seal(login, secrets));
        Optional.ofNullable(change.enabled()).ifPresent(enabled -> machine.enabled = enabled);
        Optional.ofNullable(change.hostKeys()).ifPresent(keys -> machine.hostKeys = keys);
        if (change.isWorthATry()) {
            // another host key is accepted by a key alone
            if (machine.unavailableCause != Machine.Trouble.HOST_KEY || moves || change.hostKeys() != null) {
                machine.forgetFailures();
            }
            machine.nextProbeAt = clock.now();
            Reservation.endPause(machine, machine.nextProbeAt);
        }
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
                    .orElseThrow(() -> unknown(name));
            refuseWhileHeld(machine);
            Reservation.update("machine = null where machine = ?1", machine);
            machine.delete();
            audit.record(Act.of(AuditAction.MACHINE_DELETED, name));
        });
        Log.infof("Machine %s deleted", name);
    }

    private static void refuseWhileHeld(Machine machine) {
        Reservation.<Reservation>find("liveMachineId", machine.id).firstResultOptional().ifPresent(live -> {
            throw new ConflictException(live.state == ReservationState.RELEASING
                    ? "The machine %s is still being cleaned.".formatted(machine.name)
                    : "The machine %s is reserved.".formatted(machine.name));
        });
    }

    private static NotFoundException unknown(String name) {
        return new NotFoundException("There is no machine named %s.".formatted(name));
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
     * The names of the pool at one moment.
     *
     * @param at the database's time
     * @param machines the machines, by name
     */
    public record Glance(Instant at, List<PooledName> machines) {
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
