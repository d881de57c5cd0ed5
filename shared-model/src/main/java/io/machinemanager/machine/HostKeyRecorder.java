package io.machinemanager.machine;

import java.util.Optional;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.RetryingTransactions;
import io.quarkus.logging.Log;

/** Records the SSH host keys that a machine shows at the first contact. */
@ApplicationScoped
public class HostKeyRecorder {

    private final RetryingTransactions transactions;
    private final AuditLog audit;

    HostKeyRecorder(RetryingTransactions transactions, AuditLog audit) {
        this.transactions = transactions;
        this.audit = audit;
    }

    /**
     * Records the host keys that a machine has shown, unless it has recorded keys: only the first contact is trusted. When
     * another machine has the same keys, the newer one of the two leaves the pool.
     *
     * @param host the address at which the keys were shown
     * @param port its port
     * @return the recorded keys; empty when the machine was deleted or has another address now
     */
    public Optional<String> record(long machineId, String host, int port, String hostKeys) {
        return transactions.call(() -> {
            DuplicateHosts.lock();
            Machine machine = Machine.findById(machineId, LockModeType.PESSIMISTIC_WRITE);
            if (machine == null || !machine.host.equals(host) || machine.port != port) {
                return Optional.empty();
            }
            if (machine.hostKeys == null) {
                machine.hostKeys = hostKeys;
                DuplicateHosts.markAll(machine);
                audit.record(AuditEvent.of(AuditAction.HOST_KEYS_RECORDED, machine.name));
                Log.infof("Machine %s: host keys recorded", machine.name);
            }
            return Optional.of(machine.hostKeys);
        });
    }
}
