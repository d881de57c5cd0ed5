package io.machinemanager.machine;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;

import org.hibernate.annotations.DynamicUpdate;

import io.machinemanager.database.SkipLocked;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.secret.SecretBox;
import io.machinemanager.ssh.SshCredentials;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/**
 * A machine of the pool. It does not store whether it is reserved: only the live row of its reservation says so.
 */
// writes changed columns only, so that the result of a probe cannot undo a concurrent change by an admin
@DynamicUpdate
@Entity
@Table(name = "machines")
public class Machine extends PanacheEntityBase {

    /** An end for what only an admin or the recorded host key ends. */
    private static final Instant NEVER = Instant.parse("9999-12-31T00:00:00Z");

    @Id
    @GeneratedValue(generator = "machines_seq")
    @SequenceGenerator(name = "machines_seq", sequenceName = "machines_seq", allocationSize = 50)
    public Long id;

    /** Unique, case-sensitive, never changed. */
    @Column(length = 63)
    public String name;

    /** A DNS name or an IP literal. */
    @Column(length = 253)
    public String host;

    /** The port of its sshd, 1 to 65535. */
    public int port;

    /** The user that the service logs in as: root, or a user with sudo. */
    @Column(length = 32)
    public String sshUser;

    /** The encrypted password of {@link #sshUser}; null when a key is used and sudo needs no password. */
    @Column(columnDefinition = "text")
    public String sealedPassword;

    /** An encrypted private key of {@link #sshUser}; null when the password is used. */
    @Column(columnDefinition = "text")
    public String sealedPrivateKey;

    /** The recorded SSH host keys, {@code type base64} a line; null before the first contact. */
    @Column(columnDefinition = "text")
    public String hostKeys;

    /** Set by admins. A disabled machine is not lent again. */
    public boolean enabled = true;

    /** How many times in a row work on the machine has failed. */
    public int failures;

    /** Why the service cannot log in, never {@link UnavailableCause#ACCOUNT_WORK}; null when it can. */
    @Enumerated(EnumType.STRING)
    @Column(length = 16)
    public UnavailableCause unavailableCause;

    /** Why the log-in failed, as a sentence; null when it works. */
    @Column(length = 500)
    public String unavailableReason;

    /** Until when the machine is not lent because a log-in failed; null when it works. */
    public Instant unavailableUntil;

    /** Why account work failed, as a sentence; null when it works. */
    @Column(length = 500)
    public String pausedReason;

    /** Until when the machine is not lent because account work failed; null when it works. */
    public Instant pausedUntil;

    /** Which stray accounts are on the machine, one sentence each; null when the last probe found none. */
    @Column(columnDefinition = "text")
    public String strayReason;

    /** Why a new account could not be used, as a sentence; null when the last probe found no such reason. */
    @Column(length = 500)
    public String unusableReason;

    /** Which older machine is the same host, as a sentence; null for none. */
    @Column(length = 500)
    public String duplicateReason;

    /** Set by admins: other machines may be the same host. */
    public boolean sharedHost;

    /** When the service last logged in at the current address; null for never. */
    public Instant lastSeenAt;

    /** What the last probe that worked found out about the machine, as JSON; null before. */
    @Column(columnDefinition = "text")
    public String facts;

    /** When that probe was; null before. */
    public Instant factsAt;

    /** How long the last reset took, in milliseconds; null when the machine was not reset after its last reservation. */
    public Long lastResetMillis;

    /** When the scheduler probes the machine next. */
    public Instant nextProbeAt;

    public Instant createdAt;

    /**
     * Whether it is enabled, was seen, and nothing keeps it out of the pool whose end is not known; computed by the
     * database.
     */
    @Column(insertable = false, updatable = false)
    public boolean inService;

    /** The error for a name that no machine has. */
    public static NotFoundException notFound(String name) {
        return new NotFoundException("There is no machine named %s.".formatted(name));
    }

    /** The machine with this name. */
    public static Optional<Machine> byName(String name) {
        return find("name", name).firstResultOptional();
    }

    /** The machine with this name, locked until the end of the transaction. */
    public static Optional<Machine> lockByName(String name) {
        return find("name", name).withLock(LockModeType.PESSIMISTIC_WRITE).firstResultOptional();
    }

    /**
     * Machines that are due for a probe, locked until the end of the transaction. Machines that another transaction has
     * locked are skipped.
     *
     * @param excluded ids of machines to skip too
     */
    public static List<Machine> lockDueForProbe(Instant now, Set<Long> excluded, int limit) {
        return SkipLocked.first(excluded.isEmpty()
                ? find("nextProbeAt <= ?1 order by nextProbeAt", now)
                : find("nextProbeAt <= ?1 and id not in ?2 order by nextProbeAt", now, excluded), limit);
    }

    /** What keeps the machine out of the pool. */
    public MachineBlocks blocks() {
        return new MachineBlocks(lastSeenAt, unavailableUntil, unavailableReason, pausedUntil, pausedReason,
                unusableReason,
                duplicateReason, strayReason);
    }

    /** Stores the credentials, each encrypted for this machine and this field, so that ciphertexts cannot be swapped. */
    public void seal(SshCredentials login, SecretBox secrets) {
        sealedPassword = login.password() == null ? null : secrets.seal(passwordOwner(), login.password());
        sealedPrivateKey = login.privateKey() == null ? null : secrets.seal(privateKeyOwner(), login.privateKey());
    }

    /**
     * The credentials of {@link #sshUser}.
     *
     * @throws IllegalStateException when they cannot be decrypted
     */
    public SshCredentials credentials(SecretBox secrets) {
        return new SshCredentials(sealedPassword == null ? null : secrets.open(passwordOwner(), sealedPassword),
                sealedPrivateKey == null ? null : secrets.open(privateKeyOwner(), sealedPrivateKey));
    }

    private String passwordOwner() {
        return "machine/" + id;
    }

    private String privateKeyOwner() {
        return "machine/" + id + "/private-key";
    }

    /** Records that account work on the machine succeeded: it is in the pool again. */
    public void succeeded(Instant now) {
        lastSeenAt = now;
        clearFailures();
    }

    /** Lets the machine be tried again at once, unless it is blocked for other reasons. */
    public void clearFailures() {
        endPause();
        clearUnavailable();
        failures = 0;
    }

    /** Ends the pause after failed account work, and nothing else. */
    public void endPause() {
        pausedReason = null;
        pausedUntil = null;
    }

    private void clearUnavailable() {
        unavailableCause = null;
        unavailableReason = null;
        unavailableUntil = null;
    }

    /**
     * Records that a log-in worked, with the recorded host key. It does not end a pause after failed account work, whose
     * failures still count.
     */
    public void loggedIn(Instant now) {
        lastSeenAt = now;
        clearUnavailable();
        if (pausedReason == null) {
            failures = 0;
        }
    }

    /**
     * Records that work on the machine failed, and blocks it until the given time. A changed host key blocks it until the
     * recorded key is back or an admin accepts the new one.
     */
    public void failed(UnavailableCause cause, String reason, Instant until) {
        failures++;
        if (cause == UnavailableCause.ACCOUNT_WORK) {
            pausedReason = reason;
            pausedUntil = until;
        } else if (unavailableCause != UnavailableCause.HOST_KEY || cause == UnavailableCause.HOST_KEY) {
            unavailableCause = cause;
            unavailableReason = reason;
            unavailableUntil = cause == UnavailableCause.HOST_KEY ? NEVER : until;
        }
    }

    /**
     * Tells whether the address and the credentials are those of an earlier state, so that a result from then still
     * applies. Host keys that were recorded since then make no difference.
     */
    public boolean hasAccessOf(Machine earlier) {
        return host.equals(earlier.host) && port == earlier.port && sshUser.equals(earlier.sshUser)
                && Objects.equals(sealedPassword, earlier.sealedPassword)
                && Objects.equals(sealedPrivateKey, earlier.sealedPrivateKey)
                && (earlier.hostKeys == null || earlier.hostKeys.equals(hostKeys));
    }

    /** Changes the address, and clears what was known about the host at the old one. */
    public void moveTo(String newHost, int newPort) {
        host = newHost;
        port = newPort;
        hostKeys = null;
        lastSeenAt = null;
        unusableReason = null;
        facts = null;
        factsAt = null;
    }

    /** Tells whether the service cannot have made any account there: it does not log in without host keys. */
    public boolean wasNeverReached() {
        return hostKeys == null && lastSeenAt == null;
    }
}
