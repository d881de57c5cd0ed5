package io.machinemanager.api.machine;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.ssh.HostKeyScanner;
import io.machinemanager.account.ssh.PrivateKeyReader;
import io.machinemanager.api.input.FieldCheck;
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

/**
 * Registers and changes machines: checks the fields, reads the SSH host keys, stores the machine, and logs in once to see
 * whether it works. What takes processes or the network happens before and after the transaction, never inside.
 */
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
     * Registers a machine with the host keys that are given, or else with those that it shows if it answers. When there are
     * any it is probed, so that it is free at once when it works; otherwise the scheduler probes it later.
     */
    TimedResult<PooledMachine> register(MachineRegistration registration) {
        FieldCheck.body(registration).check();
        checkPrivateKey(registration);
        NewMachine machine = registration.toNewMachine();
        String keys = Optional.ofNullable(registration.hostKeys()).or(() -> scan(machine.host(), machine.port()))
                .orElse(null);
        machines.register(machine, keys);
        return keys == null ? pool.only(machine.name()) : probed(machine.name());
    }

    /**
     * Changes a machine. When it moves, or its host keys are to be read anew, it gets the host keys that it shows. It is
     * probed when the change has to do with how the service logs in.
     *
     * @param condition is given the machine as it is before the change; when it throws, nothing is changed
     * @throws ConflictException when the host keys are to be read anew and the machine does not answer
     */
    TimedResult<PooledMachine> change(String name, MachineUpdate update,
            Consumer<TimedResult<PooledMachine>> condition) {
        FieldCheck.body(update).check();
        checkPrivateKey(update);
        MachineChange change = withHostKeys(update, pool.only(name).rows().getFirst());
        TimedResult<PooledMachine> changed = machines.change(name, change, condition);
        return change.touchesLogin() && changed.rows().getFirst().hostKeys() != null ? probed(name) : changed;
    }

    private MachineChange withHostKeys(MachineUpdate update, PooledMachine machine) {
        MachineChange change = update.toChange();
        if (change.hostKeys() != null || !update.rescans() && !change.moves(machine.host(), machine.port())) {
            return change;
        }
        Optional<String> shown = scan(change.host() == null ? machine.host() : change.host(),
                change.port() == null ? machine.port() : change.port());
        if (update.rescans() && shown.isEmpty()) {
            throw new ConflictException("The machine %s does not answer, so its SSH host keys cannot be read."
                    .formatted(machine.name()) + " Give them as host_key, or try again when it is up.");
        }
        return change.withHostKeys(shown.orElse(null));
    }

    private TimedResult<PooledMachine> probed(String name) {
        probes.probeNow(name);
        return pool.only(name);
    }

    /** {@link MachineFields} checks the form; whether the key can be read is seen by a process. */
    private void checkPrivateKey(MachineFields fields) {
        Optional.ofNullable(fields.privateKey()).flatMap(privateKeys::problemWith).ifPresent(problem -> {
            throw new InvalidRequestException(problem, List.of("private_key"));
        });
    }

    private Optional<String> scan(String host, int port) {
        return hostKeys.scan(host, port, config.hostKeyTimeout());
    }
}
