package io.machinemanager.api.machine;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.ssh.HostKeyScanner;
import io.machinemanager.account.ssh.PrivateKeyReader;
import io.machinemanager.database.TimedResult;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.pool.MachineService;
import io.machinemanager.pool.PoolService;
import io.machinemanager.pool.PooledMachine;
import io.machinemanager.probe.ProbeService;

/** What takes processes before a machine comes into the pool, which must not happen inside a transaction. */
@ApplicationScoped
class MachineRegistrar {

    private final MachineService machines;
    private final PoolService pool;
    private final ProbeService probes;
    private final HostKeyScanner hostKeys;
    private final PrivateKeyReader privateKeys;
    private final MachineConfig config;

    MachineRegistrar(MachineService machines, PoolService pool, ProbeService probes, HostKeyScanner hostKeys,
            PrivateKeyReader privateKeys, MachineConfig config) {
        this.machines = machines;
        this.pool = pool;
        this.probes = probes;
        this.hostKeys = hostKeys;
        this.privateKeys = privateKeys;
        this.config = config;
    }

    /**
     * Registers a machine with the host keys that are given, or else those that it shows if it answers. Then one log-in shows
     * whether it works, so that it is free when it does; the scheduler tries it again when it does not.
     */
    TimedResult<PooledMachine> register(MachineRegistration registration) {
        checkPrivateKey(registration.privateKey());
        NewMachine wanted = registration.toNewMachine();
        Optional<String> keys = registration.hostKeys().or(() -> scan(wanted.host(), wanted.port()));
        machines.register(wanted, keys.orElse(null));
        keys.ifPresent(known -> probes.probeNow(wanted.name()));
        return pool.only(wanted.name());
    }

    /**
     * Changes a machine, with the host keys that it shows if it moves or they are to be read anew. When it is reached or
     * logged in to in another way then, one log-in shows whether it works.
     *
     * @param condition is given the machine as it is before the change; what it throws leaves the machine as it is
     * @throws ConflictException when they are to be read anew and the machine does not answer
     */
    TimedResult<PooledMachine> change(String name, MachineUpdate update,
            Consumer<TimedResult<PooledMachine>> condition) {
        checkPrivateKey(update.privateKey());
        MachineChange change = update.toChange();
        PooledMachine machine = pool.only(name).rows().getFirst();
        if (change.hostKeys() != null || !update.rescans() && !change.moves(machine.host(), machine.port())) {
            return changed(name, change, condition);
        }
        Optional<String> shown = scan(change.host() == null ? machine.host() : change.host(),
                change.port() == null ? machine.port() : change.port());
        if (update.rescans() && shown.isEmpty()) {
            throw new ConflictException("The machine %s does not answer, so its SSH host keys cannot be read."
                    .formatted(name) + " Give them as host_key, or try again when it is up.");
        }
        return changed(name, change.withHostKeys(shown.orElse(null)), condition);
    }

    private TimedResult<PooledMachine> changed(String name, MachineChange change,
            Consumer<TimedResult<PooledMachine>> condition) {
        TimedResult<PooledMachine> changed = machines.change(name, change, condition);
        if (!change.touchesLogin() || changed.rows().getFirst().hostKeys() == null) {
            return changed;
        }
        probes.probeNow(name);
        return pool.only(name);
    }

    /** What is said of its form is checked with the other fields; this takes a process. */
    private void checkPrivateKey(String privateKey) {
        Optional.ofNullable(privateKey).flatMap(privateKeys::problemWith).ifPresent(problem -> {
            throw new InvalidRequestException(problem, List.of("private_key"));
        });
    }

    private Optional<String> scan(String host, int port) {
        return hostKeys.scan(host, port, config.hostKeyTimeout());
    }
}
