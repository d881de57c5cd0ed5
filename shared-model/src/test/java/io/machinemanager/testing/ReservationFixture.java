package io.machinemanager.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEntry;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.idempotency.IdempotencyKey;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.pool.MachineService;
import io.machinemanager.reservation.ReleaseCause;
import io.machinemanager.reservation.Requester;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationEvent;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.user.User;
import io.quarkus.narayana.jta.QuarkusTransaction;

/** Sets the database up for a test, looks into it, and lets time pass by moving what is written there. */
@ApplicationScoped
public class ReservationFixture {

    private final MachineService machines;
    private final DatabaseClock clock;

    ReservationFixture(MachineService machines, DatabaseClock clock) {
        this.machines = machines;
        this.clock = clock;
    }

    /** Deletes everything. */
    public void clear() {
        change(() -> {
            IdempotencyKey.deleteAll();
            ReservationEvent.deleteAll();
            Reservation.deleteAll();
            Machine.deleteAll();
            User.deleteAll();
        });
    }

    /** Makes a user. */
    public Requester user(String name) {
        return QuarkusTransaction.requiringNew().call(() -> {
            User user = new User();
            user.username = name;
            user.passwordHash = "-";
            user.createdAt = Instant.EPOCH;
            user.persist();
            return new Requester(user.id, name);
        });
    }

    /** Registers machines whose host keys are known and that have answered once. */
    public void machines(String... names) {
        for (String name : names) {
            machines.register(new NewMachine(name, "127.0.0.1", 22, "root",
                    SshCredentials.password("secret"), true), "ssh-ed25519 AAAA");
        }
        QuarkusTransaction.requiringNew().run(() -> Machine.update("lastSeenAt = createdAt where name in ?1",
                List.of(names)));
    }

    /** The machine of that name. */
    public Machine machine(String name) {
        return QuarkusTransaction.requiringNew().call(() -> Machine.byName(name).orElseThrow());
    }

    /** Changes a machine. */
    public void change(String name, Consumer<Machine> change) {
        change(() -> change.accept(Machine.byName(name).orElseThrow()));
    }

    /** The reservations as {@code machine state}, sorted. */
    public List<String> states() {
        return QuarkusTransaction.requiringNew().call(() -> Reservation.<Reservation>listAll().stream()
                .map(r -> r.machineName + " " + r.state).sorted().toList());
    }

    /** The latest reservation of a machine. */
    public Reservation latest(String machine) {
        return QuarkusTransaction.joiningExisting().call(() -> Reservation
                .<Reservation>find("machineName = ?1 order by id desc", machine).firstResult());
    }

    /** What happened to the latest reservation of a machine, as {@code kind detail}. */
    public List<String> history(String machine) {
        return QuarkusTransaction.requiringNew().call(() -> {
            return ReservationEvent.of(latest(machine).id).stream()
                    .map(event -> event.detail == null ? event.kind.name() : event.kind + " " + event.detail).toList();
        });
    }

    /** What was audited of one kind, as {@code target outcome detail}. */
    public List<String> audited(AuditAction action) {
        return QuarkusTransaction.requiringNew().call(() -> AuditEntry.<AuditEntry>list("action", action).stream()
                .map(entry -> entry.target + " " + entry.outcome + " " + entry.detail).toList());
    }

    /** Lets the time of all active reservations be up. */
    public void expireAll() {
        change(() -> Reservation.update("reservedUntil = createdAt where state = ACTIVE"));
    }

    /** Lets all reservations so far have been allocated by a clock that was ahead by so much. */
    public void putAllocationsAhead(Duration by) {
        change(() -> Reservation.<Reservation>listAll().forEach(r -> r.createdAt = r.createdAt.plus(by)));
    }

    /** Lets the time of all active reservations have been up for that long. */
    public void endAll(Duration ago) {
        change(() -> Reservation.update("reservedUntil = ?1 where state = ACTIVE", clock.now().minus(ago)));
    }

    /** Lets the time of the active reservations be up one after the other, the last of them after the given time. */
    public void expireAllWithin(Duration time) {
        change(() -> {
            List<Reservation> active = Reservation.list("state = ACTIVE order by id");
            Instant now = clock.now();
            for (int i = 0; i < active.size(); i++) {
                active.get(i).reservedUntil = now.plus(time.multipliedBy(i + 1).dividedBy(active.size()));
            }
        });
    }

    /** Lets the time of all that is taken back for this cause have been up all along. */
    public void endAll(ReleaseCause cause) {
        change(() -> Reservation.update("reservedUntil = createdAt where releaseCause = ?1", cause));
    }

    /** Lets the pauses between the tries of removals be over. */
    public void endPauses() {
        change(() -> Reservation.update("nextAttemptAt = createdAt where state = RELEASING"));
    }

    /** Lets all claims run out, as if their holders had died long ago. */
    public void endClaims() {
        change(() -> Reservation.update("claimedUntil = createdAt where claimedBy is not null"));
    }

    /** Lets all claims run out after a time from now on. */
    public void letClaimsRunOutIn(Duration time) {
        change(() -> Reservation.update("claimedUntil = ?1 where claimedBy is not null", clock.now().plus(time)));
    }

    private static void change(Runnable change) {
        QuarkusTransaction.requiringNew().run(change);
    }
}
