package io.machinemanager.account;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

import jakarta.validation.constraints.AssertTrue;

import org.hibernate.validator.constraints.time.DurationMin;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Settings of account work on machines. */
@ConfigMapping(prefix = "accounts")
public interface AccountConfig {

    /** How account work is done. */
    enum Driver {
        /** With {@code ansible-playbook}: one run for all tasks that are due, and a new log-in to each machine. */
        ANSIBLE,
        /** In this process, over SSH connections that stay open, without Ansible on this host. */
        SSH
    }

    /**
     * {@code ACCOUNT_DRIVER}: {@code ansible} or {@code ssh}. The ssh driver is faster, because it keeps connections to the
     * machines open and starts no program.
     */
    @WithDefault("ansible")
    Driver driver();

    /**
     * {@code SSH_MAX_CONNECTIONS}: how many connections the ssh driver of a service has at once, and so also on how many
     * machines it works at once. Each costs about 100 KB of memory here and one process on the machine.
     */
    @WithDefault("100")
    int maxConnections();

    /**
     * {@code SSH_KEEP_CONNECTIONS}: after how long without work the ssh driver closes a connection. A connection to a
     * reserved machine stays open until the account is removed.
     */
    @WithDefault("5m")
    Duration keepConnections();

    /**
     * {@code ANSIBLE_PLAYBOOK}: the name or path of {@code ansible-playbook}.
     */
    @WithDefault("ansible-playbook")
    String playbook();

    /**
     * {@code ANSIBLE_FORKS}: how many machines one run works on at once. More forks make large reservations faster; each
     * costs about 13 MB of memory, and processor time, during the run.
     */
    @WithDefault("20")
    int forks();

    /**
     * {@code ANSIBLE_RUN_TIMEOUT}: after how long a run is ended, and machines that have not answered count as failed. A
     * run with more machines than forks has this time once for each round of forks. A machine that hangs frees its fork
     * after nine tenths of it. This must be longer than {@link #connectTimeout()} and than the slowest removal, which takes
     * longer the more files and processes a user leaves.
     */
    @WithDefault("60s")
    Duration runTimeout();

    /** {@code SSH_CONNECT_TIMEOUT}: after how long a machine that does not accept a log-in counts as unreachable. */
    @WithDefault("10s")
    Duration connectTimeout();

    /**
     * {@code SSH_HEALTH_TIMEOUT}: how long a probe of a machine may take, from the connection to the answer. A machine that
     * takes longer leaves the pool.
     */
    @WithDefault("10s")
    @DurationMin(seconds = 1, message = "SSH_HEALTH_TIMEOUT must be at least a second.")
    Duration healthTimeout();

    /** {@code ACCOUNT_UID_FIRST}: the lowest uid of accounts on machines. Nothing else may use the uids of the range. */
    @WithDefault("20000")
    int uidFirst();

    /** {@code ACCOUNT_UID_LAST}: the highest uid. The larger the range is, the later a uid is used again. */
    @WithDefault("59999")
    int uidLast();

    /** How many Ansible runs there may be at once. Others wait only while all of these wait for machines that hang. */
    @WithDefault("4")
    int concurrentRuns();

    /** How many machines one Ansible run may have. More machines go into further runs. */
    @WithDefault("100")
    int batchSize();

    /**
     * {@code ANSIBLE_WORK_DIR}: the folder for the private folder with the playbook and the inventories, which hold
     * passwords. If it is not set, the folder for temporary files is used. A file system in memory keeps the passwords off
     * the disk.
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
