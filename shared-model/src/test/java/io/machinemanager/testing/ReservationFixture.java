package io.machinemanager.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEntry;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.group.UserGroup;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.pool.MachineService;
import io.machinemanager.reservation.ReleaseCause;
import io.machinemanager.reservation.Request;
import io.machinemanager.reservation.Requester;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationEvent;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.user.User;
import io.quarkus.narayana.jta.QuarkusTransaction;

/** Fills the database for a test, reads it, and lets time pass by moving the times in it. */
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
            ReservationEvent.deleteAll();
            Reservation.deleteAll();
            Request.deleteAll();
            Machine.deleteAll();
            UserGroup.deleteAll();
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

    /** All reservations as {@code machine state}, sorted. */
    public List<String> states() {
        return QuarkusTransaction.requiringNew().call(() -> Reservation.<Reservation>listAll().stream()
                .map(r -> r.machineName + " " + r.state).sorted().toList());
    }

    /** The latest reservation of a machine. */
    public Reservation latest(String machine) {
        return QuarkusTransaction.joiningExisting().call(() -> Reservation
                .<Reservation>find("machineName = ?1 order by id desc", machine).firstResult());
    }

    /** The request of the latest reservation of a machine. */
    public Request requestOf(String machine) {
        return QuarkusTransaction.joiningExisting().call(() -> Request.findById(latest(machine).requestId));
    }

    /** All requests as {@code id state}, in the order of their ids. */
    public List<String> requests() {
        return QuarkusTransaction.requiringNew().call(() -> Request.<Request>list("order by id").stream()
                .map(r -> r.ownerName + " " + r.state).toList());
    }

    /** The events of the latest reservation of a machine, as {@code kind detail}. */
    public List<String> history(String machine) {
        return QuarkusTransaction.requiringNew().call(() -> {
            return ReservationEvent.of(latest(machine).id).stream()
                    .map(event -> event.detail == null ? event.kind.name() : event.kind + " " + event.detail).toList();
        });
    }

    /** The audit entries of one action, as {@code target outcome detail}. */
    public List<String> audited(AuditAction action) {
        return QuarkusTransaction.requiringNew().call(() -> AuditEntry.<AuditEntry>list("action", action).stream()
                .map(entry -> entry.target + " " + entry.outcome + " " + entry.detail).toList());
    }

    /** Moves the end of all active reservations into the past. */
    public void expireAll() {
        change(() -> Reservation.update("reservedUntil = createdAt where state = ACTIVE"));
    }

    /** Moves the allocation of all reservations ahead, as if a clock that was ahead had set it. */
    public void putAllocationsAhead(Duration by) {
        change(() -> Reservation.<Reservation>listAll().forEach(r -> r.createdAt = r.createdAt.plus(by)));
    }

    /** Moves the end of all active reservations that far into the past. */
    public void endAll(Duration ago) {
        change(() -> Reservation.update("reservedUntil = ?1 where state = ACTIVE", clock.now().minus(ago)));
    }

    /** Lets the active reservations end one after the other, the last of them after the given time. */
    public void expireAllWithin(Duration time) {
        change(() -> {
            List<Reservation> active = Reservation.list("state = ACTIVE order by id");
            Instant now = clock.now();
            for (int i = 0; i < active.size(); i++) {
                active.get(i).reservedUntil = now.plus(time.multipliedBy(i + 1).dividedBy(active.size()));
            }
        });
    }

    /** Moves the end of all reservations with this release cause into the past. */
    public void endAll(ReleaseCause cause) {
        change(() -> Reservation.update("reservedUntil = createdAt where releaseCause = ?1", cause));
    }

    /** Makes all removals and resets due that wait for their next try. */
    public void endPauses() {
        change(() -> Reservation.update("nextAttemptAt = createdAt where state in (RELEASING, RESETTING)"));
    }

    /** Lets all claims expire, as if their workers had died long ago. */
    public void endClaims() {
        change(() -> {
            Reservation.update("claimedUntil = createdAt where claimedUntil is not null");
            Request.update("claimedUntil = createdAt where claimedUntil is not null");
        });
    }

    /** Lets all claims expire after this time. */
    public void letClaimsRunOutIn(Duration time) {
        change(() -> {
            Instant end = clock.now().plus(time);
            Reservation.update("claimedUntil = ?1 where claimedUntil is not null", end);
            Request.update("claimedUntil = ?1 where claimedUntil is not null", end);
        });
    }

    private static void change(Runnable change) {
        QuarkusTransaction.requiringNew().run(change);
    }
}
