package io.machinemanager.machine;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import jakarta.persistence.TypedQuery;

import io.machinemanager.error.ConflictException;
import io.machinemanager.ssh.Host;
import io.machinemanager.ssh.HostKeys;
import io.machinemanager.ssh.SshPublicKey;

/**
 * Finds machines that are the same host under several names, which would be lent twice. They are recognised by their
 * address, or by an SSH host key, as each host has its own. {@link Machine#sharedHost} allows duplicates.
 */
public final class DuplicateHosts {

    private static final String OR_ALLOW_IT = " or give \"shared_host\": true if the two may stand for one host.";

    private DuplicateHosts() {
    }

    /** Another machine that is the same host, with the evidence as a sentence. */
    private record Duplicate(long id, String name, Instant createdAt, String evidence) {

        private static final Comparator<Duplicate> BY_AGE = Comparator.comparing(Duplicate::createdAt)
                .thenComparing(Duplicate::id);

        private boolean isOlderThan(Machine machine) {
            return BY_AGE.compare(this, new Duplicate(machine.id, machine.name, machine.createdAt, "")) < 0;
        }
    }

    /**
     * Keeps other transactions from changing addresses or host keys until the end of this one. Call it before locking a
     * machine, to avoid deadlocks. It is an update and not only a lock, so that it works between cluster nodes too.
     */
    public static void lock() {
        Machine.getEntityManager().createNativeQuery("update host_checks set turn = turn + 1").executeUpdate();
    }

    /**
     * Refuses a machine with the address or a host key of another one, unless it may share its host.
     *
     * @throws ConflictException with the name of the other machine
     */
    public static void refuse(Machine machine) {
        if (machine.sharedHost) {
            return;
        }
        atItsAddress(machine).findFirst().ifPresent(duplicate -> {
            throw new ConflictException("%s Give another address,%s".formatted(duplicate.evidence(), OR_ALLOW_IT));
        });
        withItsKeys(machine).findFirst().ifPresent(duplicate -> {
            throw new ConflictException(
                    ("%s It is the same host then, or a copy of it. Give a copy SSH host keys of its own"
                            + " (rm /etc/ssh/ssh_host_*; ssh-keygen -A; restart sshd),%s")
                            .formatted(duplicate.evidence(), OR_ALLOW_IT));
        });
    }

    /** Marks the machine when an older one is the same host, which keeps it out of the pool; else clears the mark. */
    public static void mark(Machine machine) {
        machine.duplicateReason = machine.sharedHost
                ? null
                : Stream.concat(atItsAddress(machine), withItsKeys(machine))
                        .filter(duplicate -> duplicate.isOlderThan(machine))
                        .min(Duplicate.BY_AGE).map(Duplicate::evidence).orElse(null);
    }

    /** Marks the machine and all newer duplicates of it; to be called when its host keys become known. */
    public static void markAll(Machine machine) {
        mark(machine);
        withItsKeys(machine).filter(duplicate -> !duplicate.isOlderThan(machine)).toList()
                .forEach(duplicate -> mark(Machine.findById(duplicate.id())));
    }

    /** The query filters out most other machines, to be fast: other registrations wait meanwhile. */
    private static Stream<Duplicate> atItsAddress(Machine machine) {
        String address = Host.normalise(machine.host);
        return Machine.getEntityManager()
                .createQuery("select id, name, createdAt, host from Machine where port = ?1 and id <> ?2"
                        + " and (lower(host) = ?3 or host like '%:%' or host = '0.0.0.0'"
                        + " or lower(host) like '%localhost%' or lower(host) = 'ip6-loopback')", Object[].class)
                .setParameter(1, machine.port).setParameter(2, machine.id).setParameter(3, address).getResultStream()
                .filter(row -> Host.normalise((String) row[3]).equals(address))
                .map(row -> duplicate(row, "The machine %s has the same address, %s port %d.".formatted(row[1], row[3],
                        machine.port)));
    }

    private static Stream<Duplicate> withItsKeys(Machine machine) {
        List<SshPublicKey> keys = HostKeys.of(machine.hostKeys == null ? "" : machine.hostKeys);
        if (keys.isEmpty()) {
            return Stream.empty();
        }
        String any = IntStream.range(0, keys.size()).mapToObj(i -> "hostKeys like :key" + i)
                .collect(Collectors.joining(" or "));
        TypedQuery<Object[]> query = Machine.getEntityManager().createQuery(
                "select id, name, createdAt, hostKeys from Machine where id <> :id and (" + any + ")", Object[].class)
                .setParameter("id", machine.id);
        for (int i = 0; i < keys.size(); i++) {
            query.setParameter("key" + i, "%" + keys.get(i).line() + "%");
        }
        return query.getResultStream().flatMap(row -> shared(keys, (String) row[3])
                .map(key -> duplicate(row, "The machine %s has the same SSH host key, %s.".formatted(row[1],
                        key.fingerprint())))
                .stream());
    }

    private static Duplicate duplicate(Object[] row, String evidence) {
        return new Duplicate((Long) row[0], (String) row[1], (Instant) row[2], evidence);
    }

    /** Compares whole keys: the query also matches a key that begins another one. */
    private static Optional<SshPublicKey> shared(List<SshPublicKey> keys, String others) {
        Set<String> lines = HostKeys.of(others).stream().map(SshPublicKey::line).collect(Collectors.toSet());
        return keys.stream().filter(key -> lines.contains(key.line())).findFirst();
    }
}
