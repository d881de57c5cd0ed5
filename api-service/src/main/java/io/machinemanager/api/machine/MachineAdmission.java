package io.machinemanager.api.machine;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.HostKeyScanner;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.machine.MachineService;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.reservation.PoolService;
import io.machinemanager.reservation.PoolService.Pool;

/** Asks machines for their SSH host keys before they come into the pool, which must not happen inside a transaction. */
@ApplicationScoped
class MachineAdmission {

    private final MachineService machines;
    private final PoolService pool;
    private final HostKeyScanner hostKeys;
    private final MachineConfig config;

    MachineAdmission(MachineService machines, PoolService pool, HostKeyScanner hostKeys, MachineConfig config) {
        this.machines = machines;
        this.pool = pool;
        this.hostKeys = hostKeys;
        this.config = config;
    }

    /** Registers a machine, with its host keys if it answers. */
    Machine register(NewMachine wanted) {
        return machines.register(wanted, scan(wanted.host(), wanted.port()));
    }

    /** Changes a machine, with the host keys of its new address if it moves and answers there. */
    Pool change(String name, MachineChange change) {
        Machine machine = pool.only(name).machines().getFirst().machine();
        String keys = change.moves(machine)
                ? scan(change.host() == null ? machine.host : change.host(),
                        change.port() == null ? machine.port : change.port())
                : null;
        return pool.change(name, change, keys);
    }

    private String scan(String host, int port) {
        return hostKeys.scan(host, port, config.hostKeyTimeout()).orElse(null);
    }
}
