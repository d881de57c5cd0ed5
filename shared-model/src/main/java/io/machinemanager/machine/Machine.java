package io.machinemanager.machine;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;

import io.machinemanager.secret.SecretBox;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/**
 * A machine of the pool. It does not know whether it is reserved: that is what the live row of its reservation says, and
 * nothing else.
 */
@Entity
@Table(name = "machines")
public class Machine extends PanacheEntityBase {

    @Id
    @GeneratedValue(generator = "machines_seq")
    @SequenceGenerator(name = "machines_seq", sequenceName = "machines_seq", allocationSize = 50)
    public Long id;

    /** Unique, case-sensitive, and never changed. */
    @Column(length = 63)
    public String name;

    /** A DNS name or an IP literal. */
    @Column(length = 253)
    public String host;

    /** The port of its sshd, 1 to 65535. */
    public int port;

    /** The name we log in with; without root's rights it needs sudo. */
    @Column(length = 32)
    public String sshUser;

    /** The password of {@link #sshUser}, encrypted by {@link SecretBox} for {@link #secretOwner}. */
    @Column(columnDefinition = "text")
    public String sealedPassword;

    /** SSH host keys, {@code type base64} a line; null until the machine was first reached. */
    @Column(columnDefinition = "text")
    public String hostKeys;

    /** An admin's switch: a disabled machine is not lent again. */
    public boolean enabled = true;

    /** How many times in a row work on this machine has failed. */
    public int failures;

    /** Why the machine sits out; null while all is well. */
    @Column(length = 500)
    public String unavailableReason;

    /** Until when the machine sits out; null while all is well. */
    public Instant unavailableUntil;

    /** When we last were logged in there; null before the first time. */
    public Instant lastSeenAt;

    public Instant createdAt;

    /** The machine of that name. */
    public static Optional<Machine> byName(String name) {
        return find("name", name).firstResultOptional();
    }

    /** The machine of that name, locked until the end of the transaction. */
    public static Optional<Machine> lockByName(String name) {
        return find("name", name).withLock(LockModeType.PESSIMISTIC_WRITE).firstResultOptional();
    }

    /** The machines with these ids, locked until the end of the transaction in the order of their ids. */
    public static List<Machine> lockAll(Collection<Long> ids) {
        return find("id in ?1 order by id", ids).withLock(LockModeType.PESSIMISTIC_WRITE).list();
    }

    /** What the machine's secrets are encrypted for. */
    public String secretOwner() {
        return "machine/" + id;
    }

    /** Notes that work on the machine reached its aim, so that it is in the pool again. */
    public void succeeded(Instant now) {
        lastSeenAt = now;
        forgetFailures();
    }

    /** Lets the machine be tried again at once. */
    public void forgetFailures() {
        failures = 0;
        unavailableReason = null;
        unavailableUntil = null;
    }

    /** Notes that work on the machine failed, and lets it sit out until the given time. */
    public void failed(String reason, Instant until) {
        failures++;
        unavailableReason = reason;
        unavailableUntil = until;
    }

    /** Tells whether the machine would be lent, were it not reserved. */
    public boolean isUsable(Instant now) {
        return enabled && (unavailableUntil == null || !unavailableUntil.isAfter(now));
    }
}
