package io.machinemanager.machine;

import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.secret.SecretBox;
import io.quarkus.logging.Log;

/** Registers machines and keeps what is known about each. */
@ApplicationScoped
public class MachineService {

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final SecretBox secrets;
    private final AuditLog audit;

    MachineService(RetryingTransactions transactions, DatabaseClock clock, SecretBox secrets, AuditLog audit) {
        this.transactions = transactions;
        this.clock = clock;
        this.secrets = secrets;
        this.audit = audit;
    }

    /**
     * Adds a machine to the pool.
     *
     * @param hostKeys its SSH host keys, as {@code type base64} a line; null when it was not reached yet, in which case
     *        the keys it shows at the first contact are recorded
     * @throws ConflictException when the name is taken, or another machine is the same host
     */
    public Machine register(NewMachine wanted, String hostKeys) {
        Machine registered = transactions.call(() -> {
            DuplicateHosts.lock();
            if (Machine.byName(wanted.name()).isPresent()) {
                throw new ConflictException("A machine named %s exists already.".formatted(wanted.name()));
            }
            Machine machine = new Machine();
            machine.name = wanted.name();
            machine.host = wanted.host();
            machine.port = wanted.port();
            machine.sshUser = wanted.user();
            machine.hostKeys = hostKeys;
            machine.sharedHost = wanted.sharedHost();
            machine.createdAt = clock.now();
            machine.nextProbeAt = machine.createdAt;
            machine.persist();
            DuplicateHosts.refuse(machine);
            machine.seal(wanted.login(), secrets);
            audit.record(AuditEvent.of(AuditAction.MACHINE_REGISTERED, machine.name)
                    .detail("at %s port %d as %s".formatted(machine.host, machine.port, machine.sshUser)));
            return machine;
        });
        Log.infof("Machine %s registered at %s:%d%s", registered.name, registered.host, registered.port,
                hostKeys == null ? "; its host keys will be recorded at the first contact" : "");
        return registered;
    }

    /**
     * Records the host keys a machine showed, unless some are recorded already: only the first contact is trusted. When
     * they are those of another machine, the newer of the two leaves the pool.
     *
     * @param host where they were shown
     * @param port its port
     * @return the keys that are on record now; empty when the machine is gone from the pool, or is elsewhere by now
     */
    public Optional<String> recordHostKeys(long machineId, String host, int port, String hostKeys) {
        return transactions.call(() -> {
            DuplicateHosts.lock();
            Machine machine = Machine.findById(machineId, LockModeType.PESSIMISTIC_WRITE);
            if (machine == null || !machine.host.equals(host) || machine.port != port) {
                return Optional.empty();
            }
            if (machine.hostKeys == null) {
                machine.hostKeys = hostKeys;
                DuplicateHosts.noteAll(machine);
                audit.record(AuditEvent.of(AuditAction.HOST_KEYS_RECORDED, machine.name));
                Log.infof("Machine %s: host keys recorded", machine.name);
            }
            return Optional.of(machine.hostKeys);
        });
    }
}
