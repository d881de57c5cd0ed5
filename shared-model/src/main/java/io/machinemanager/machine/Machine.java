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
import io.machinemanager.secret.SecretBox;
import io.machinemanager.ssh.SshCredentials;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/**
 * A machine of the pool. It does not know whether it is reserved: that is what the live row of its reservation says, and
 * nothing else.
 */
// only what changed is written, so that a note about a machine cannot undo what an admin changes at the same time
@DynamicUpdate
@Entity
@Table(name = "machines")
public class Machine extends PanacheEntityBase {

    /** What may be wrong with a machine. */
    public enum Trouble {
        /** No log-in: no connection, wrong credentials. Over with the next log-in. */
        UNREACHABLE,
        /** Another SSH host key than the recorded one. Over when an admin accepts it, or the recorded one is back. */
        HOST_KEY,
        /**
         * The log-in works and the making of accounts does not. That is a pause, {@link Machine#pausedReason}, and never the
         * {@link Machine#unavailableCause}. Over after its time, or with the next account made.
         */
        ACCOUNT_WORK
    }

    /** The end of a time out that no time ends. */
    private static final Instant NEVER = Instant.parse("9999-12-31T00:00:00Z");

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

    /** The password of {@link #sshUser}, encrypted; null when a key is used and sudo asks for none. */
    @Column(columnDefinition = "text")
    public String sealedPassword;

    /** A private key of {@link #sshUser}, encrypted; null when the password is used. */
    @Column(columnDefinition = "text")
    public String sealedPrivateKey;

    /** SSH host keys, {@code type base64} a line; null until the machine was first reached. */
    @Column(columnDefinition = "text")
    public String hostKeys;

    /** An admin's switch: a disabled machine is not lent again. */
    public boolean enabled = true;

    /** How many times in a row work on this machine has failed. */
    public int failures;

    /** What keeps us from logging in, which {@link Trouble#ACCOUNT_WORK} does not; null while nothing does. */
    @Enumerated(EnumType.STRING)
    @Column(length = 16)
    public Trouble unavailableCause;

    /** Why there was no log-in, as a sentence; null while there is one. */
    @Column(length = 500)
    public String unavailableReason;

    /** Until when the machine sits out because there was no log-in; null while there is one. */
    public Instant unavailableUntil;

    /** Why account work failed, as a sentence; null while it works. */
    @Column(length = 500)
    public String pausedReason;

    /** Until when the machine sits out because account work failed; null while it works. */
    public Instant pausedUntil;

    /** That accounts of ours are on it which no reservation knows, a sentence each; null once a look has found none. */
    @Column(columnDefinition = "text")
    public String strayReason;

    /** Why no new account on it would be of use, as a sentence; null once a probe has found that one would. */
    @Column(length = 500)
    public String unusableReason;

    /** That an older machine is the same host, as a sentence; null while none is known to be. */
    @Column(length = 500)
    public String duplicateReason;

    /** An admin's word that other machines may stand for the same host. */
    public boolean sharedHost;

    /** When we last were logged in there, at the address that it has now; null before the first time. */
    public Instant lastSeenAt;

    /** When the scheduler is to log in and look. */
    public Instant nextProbeAt;

    public Instant createdAt;

    /** The machine of that name. */
    public static Optional<Machine> byName(String name) {
        return find("name", name).firstResultOptional();
    }

    /** The machine of that name, locked until the end of the transaction. */
    public static Optional<Machine> lockByName(String name) {
        return find("name", name).withLock(LockModeType.PESSIMISTIC_WRITE).firstResultOptional();
    }

    /**
     * Machines that are due for a look, locked until the end of the transaction; those that another transaction holds are
     * passed over.
     *
     * @param except the ids of those to pass over too
     */
    public static List<Machine> lockDueForProbe(Instant now, Set<Long> except, int limit) {
        return SkipLocked.first(except.isEmpty()
                ? find("nextProbeAt <= ?1 order by nextProbeAt", now)
                : find("nextProbeAt <= ?1 and id not in ?2 order by nextProbeAt", now, except), limit);
    }

    /** Keeps what we log in with, encrypted for this machine and for what it is, so that nothing can be swapped. */
    public void seal(SshCredentials login, SecretBox secrets) {
        sealedPassword = login.password() == null ? null : secrets.seal(passwordOwner(), login.password());
        sealedPrivateKey = login.privateKey() == null ? null : secrets.seal(privateKeyOwner(), login.privateKey());
    }

    /**
     * What we log in with.
     *
     * @throws IllegalStateException when it cannot be decrypted
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

    /** Notes that account work on the machine reached its aim, so that it is in the pool again. */
    public void succeeded(Instant now) {
        lastSeenAt = now;
        forgetFailures();
    }

    /** Lets the machine be tried again at once. A stray account on it keeps it out all the same. */
    public void forgetFailures() {
        endPause();
        endAbsence();
        failures = 0;
    }

    /** Ends the pause after account work that failed, and nothing else. */
    public void endPause() {
        pausedReason = null;
        pausedUntil = null;
    }

    private void endAbsence() {
        unavailableCause = null;
        unavailableReason = null;
        unavailableUntil = null;
    }

    /**
     * Notes a log-in, which only the recorded host key allows. It ends no pause after account work that failed, and those
     * failures go on being counted.
     */
    public void seen(Instant now) {
        lastSeenAt = now;
        endAbsence();
        if (pausedReason == null) {
            failures = 0;
        }
    }

    /**
     * Notes that work on the machine failed, and lets it sit out until the given time; with another host key it stays out,
     * whatever comes after.
     */
    public void failed(Trouble trouble, String reason, Instant until) {
        failures++;
        if (trouble == Trouble.ACCOUNT_WORK) {
            pausedReason = reason;
            pausedUntil = until;
        } else if (unavailableCause != Trouble.HOST_KEY || trouble == Trouble.HOST_KEY) {
            unavailableCause = trouble;
            unavailableReason = reason;
            unavailableUntil = trouble == Trouble.HOST_KEY ? NEVER : until;
        }
    }

    /**
     * Whether it is reached and logged in to as it was at an earlier moment, so that what was found out then is about it
     * still. Host keys that were recorded since make no difference.
     */
    public boolean isReachedLike(Machine earlier) {
        return host.equals(earlier.host) && port == earlier.port && sshUser.equals(earlier.sshUser)
                && Objects.equals(sealedPassword, earlier.sealedPassword)
                && Objects.equals(sealedPrivateKey, earlier.sealedPrivateKey)
                && (earlier.hostKeys == null || earlier.hostKeys.equals(hostKeys));
    }

    /** Another address, at which nothing that is known of the host holds. */
    public void moveTo(String newHost, int newPort) {
        host = newHost;
        port = newPort;
        hostKeys = null;
        lastSeenAt = null;
        unusableReason = null;
    }

    /** Tells whether no account of ours can ever have been made there: without host keys nobody logs in. */
    public boolean wasNeverReached() {
        return hostKeys == null && lastSeenAt == null;
    }
}
