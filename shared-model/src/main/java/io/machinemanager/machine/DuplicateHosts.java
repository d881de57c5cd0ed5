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
 * Finds machines that are one host under several names: a host that has two names would be lent twice. They show by their
 * address, and by an SSH host key, of which each host has its own. {@link Machine#sharedHost} allows it.
 */
public final class DuplicateHosts {

    private static final String ANYHOW = " or give \"shared_host\": true if the two may stand for one host.";

    private DuplicateHosts() {
    }

    /** Another machine that is the same host, with the sentence that says by what. */
    private record Twin(long id, String name, Instant createdAt, String sign) {

        private static final Comparator<Twin> BY_AGE = Comparator.comparing(Twin::createdAt).thenComparing(Twin::id);

        private boolean isOlderThan(Machine machine) {
            return BY_AGE.compare(this, new Twin(machine.id, machine.name, machine.createdAt, "")) < 0;
        }
    }

    /**
     * Lets no other transaction give a machine an address or host keys until the end of this one. It comes before the lock
     * of any machine. It is an update and not only a lock, so that it holds between the nodes of a cluster too.
     */
    public static void lock() {
        Machine.getEntityManager().createNativeQuery("update host_checks set turn = turn + 1").executeUpdate();
    }

    /**
     * Refuses an address or a host key that another machine has, unless the machine is allowed to share its host.
     *
     * @throws ConflictException that names the other machine
     */
    public static void refuse(Machine machine) {
        if (machine.sharedHost) {
            return;
        }
        atItsAddress(machine).findFirst().ifPresent(twin -> {
            throw new ConflictException("%s Give another address,%s".formatted(twin.sign(), ANYHOW));
        });
        withItsKeys(machine).findFirst().ifPresent(twin -> {
            throw new ConflictException(
                    ("%s It is the same host then, or a copy of it. Give a copy SSH host keys of its own"
                            + " (rm /etc/ssh/ssh_host_*; ssh-keygen -A; restart sshd),%s")
                            .formatted(twin.sign(), ANYHOW));
        });
    }

    /** Notes on the machine whether an older one is the same host, which keeps it out of the pool. */
    public static void note(Machine machine) {
        machine.duplicateReason = machine.sharedHost
                ? null
                : Stream.concat(atItsAddress(machine), withItsKeys(machine)).filter(twin -> twin.isOlderThan(machine))
                        .min(Twin.BY_AGE).map(Twin::sign).orElse(null);
    }

    /** The same, and on the machines that are newer than this one, whose host keys have only now become known. */
    public static void noteAll(Machine machine) {
        note(machine);
        withItsKeys(machine).filter(twin -> !twin.isOlderThan(machine)).toList()
                .forEach(twin -> note(Machine.findById(twin.id())));
    }

    /** The database leaves out most of those that are elsewhere: other registrations wait meanwhile. */
    private static Stream<Twin> atItsAddress(Machine machine) {
        String address = Host.normalise(machine.host);
        return Machine.getEntityManager()
                .createQuery("select id, name, createdAt, host from Machine where port = ?1 and id <> ?2"
                        + " and (lower(host) = ?3 or host like '%:%' or host = '0.0.0.0'"
                        + " or lower(host) like '%localhost%' or lower(host) = 'ip6-loopback')", Object[].class)
                .setParameter(1, machine.port).setParameter(2, machine.id).setParameter(3, address).getResultStream()
                .filter(row -> Host.normalise((String) row[3]).equals(address))
                .map(row -> twin(row, "The machine %s has the same address, %s port %d.".formatted(row[1], row[3],
                        machine.port)));
    }

    private static Stream<Twin> withItsKeys(Machine machine) {
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
                .map(key -> twin(row, "The machine %s has the same SSH host key, %s.".formatted(row[1],
                        key.fingerprint())))
                .stream());
    }

    private static Twin twin(Object[] row, String sign) {
        return new Twin((Long) row[0], (String) row[1], (Instant) row[2], sign);
    }

    /** The query finds the text of a key in the beginning of a longer one too. */
    private static Optional<SshPublicKey> shared(List<SshPublicKey> keys, String others) {
        Set<String> lines = HostKeys.of(others).stream().map(SshPublicKey::line).collect(Collectors.toSet());
        return keys.stream().filter(key -> lines.contains(key.line())).findFirst();
    }
}
