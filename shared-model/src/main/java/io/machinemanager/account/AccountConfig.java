package io.machinemanager.account;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

import jakarta.validation.constraints.AssertTrue;

import org.hibernate.validator.constraints.time.DurationMin;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of account work on machines. */
@ConfigMapping(prefix = "accounts")
public interface AccountConfig {

    /** The ways of doing account work. */
    enum Driver {
        /** By {@code ansible-playbook}, a run for all that is due; each machine is logged in to anew. */
        ANSIBLE,
        /** In this process, over SSH connections that are kept open, without Ansible on this host. */
        SSH
    }

    /**
     * {@code ACCOUNT_DRIVER}: {@code ansible} or {@code ssh}, which keeps connections to the machines open and starts no
     * program for each run.
     */
    @WithDefault("ansible")
    Driver driver();

    /**
     * {@code SSH_MAX_CONNECTIONS}: to how many machines a service keeps a connection open with the ssh driver, and so also
     * on how many it works at once. Each costs some 100 KB here and one process on the machine.
     */
    @WithDefault("100")
    int maxConnections();

    /**
     * {@code SSH_KEEP_CONNECTIONS}: after how long without work the ssh driver closes a connection; that to a machine with
     * a lent account stays until the account is removed.
     */
    @WithDefault("5m")
    Duration keepConnections();

    /**
     * {@code ANSIBLE_PLAYBOOK}: the program that does the work; a path picks another than the one that is found first.
     */
    @WithDefault("ansible-playbook")
    String playbook();

    /**
     * {@code ANSIBLE_FORKS}: how many machines one run works on at once. More is faster for large reservations and
     * costs about 13 MB of memory and a share of the processor for each while the run lasts.
     */
    @WithDefault("20")
    int forks();

    /**
     * {@code ANSIBLE_RUN_TIMEOUT}: after how long a run is ended, and machines that have not answered count as failed. A
     * run of more machines than it works on at once has as much longer; a machine that hangs makes room for the next
     * after nine tenths of it.
     * These must outlast {@link #connectTimeout()} and the slowest removal, which grows with what a borrower has left.
     */
    @WithDefault("60s")
    Duration runTimeout();

    /** {@code SSH_CONNECT_TIMEOUT}: after how long a machine that does not take the connection counts as unreachable. */
    @WithDefault("10s")
    Duration connectTimeout();

    /**
     * {@code SSH_HEALTH_TIMEOUT}: how long a probe may take, from the connection to the machine's answer; a machine that
     * takes longer leaves the pool.
     */
    @WithDefault("10s")
    @DurationMin(seconds = 1, message = "SSH_HEALTH_TIMEOUT must be at least a second.")
    Duration healthTimeout();

    /** {@code ACCOUNT_UID_FIRST}: the lowest user id that lent accounts get on the machines; no other account may use these ids. */
    @WithDefault("20000")
    int uidFirst();

    /** {@code ACCOUNT_UID_LAST}: the highest user id; the more ids there are, the later one is used again. */
    @WithDefault("59999")
    int uidLast();

    /** How many runs may be under way at once. A run that waits for a dead machine delays the others only when all runs wait. */
    @WithDefault("4")
    int concurrentRuns();

    /** How many machines one run may have. More machines go into further runs. */
    @WithDefault("100")
    int batchSize();

    /**
     * {@code ANSIBLE_WORK_DIR}: where the private folder with the playbook and the variables of the runs is made; the
     * folder for temporary files when not set. A file system in memory keeps the variables off the disk.
     */
    Optional<Path> workDir();

    /**
     * Ids below 1000 belong to the system, and systemd gives out ids above 60000 by itself. Bean Validation finds rules
     * on two settings only on a method named {@code is…}.
     */
    @AssertTrue(message = "ACCOUNT_UID_FIRST and ACCOUNT_UID_LAST must leave at least 100 numbers between 1000 and 60000.")
    default boolean isUidRangeUsable() {
        return uidFirst() >= 1000 && uidLast() <= 60_000 && uidLast() - uidFirst() + 1 >= 100;
    }
}
