package io.machinemanager.api.machine;

import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.api.input.TextOrNumberDeserializer;
import io.machinemanager.machine.Labels;
import io.machinemanager.machine.MachineName;
import io.machinemanager.machine.NewMachine;

/**
 * A machine to be registered.
 *
 * @param name its name in the pool; spaces around it do not count
 * @param host a DNS name or an IP address; spaces around it do not count
 * @param port the port of its sshd
 * @param user the user to log in with: root, or one that may use sudo
 * @param password that user's password; may be left out when there is a private key, unless sudo asks for it
 * @param privateKey a private key of that user without a passphrase: PEM, as ssh-keygen makes it
 * @param hostKey the machine's SSH host keys, as lines of {@code known_hosts} or {@code ssh_host_*_key.pub}; what the
 *        machine shows when it is left out
 * @param sharedHost whether it may be one host with other machines, by its address or by its SSH host keys
 * @param groups the names of the groups whose members may see and reserve it; everyone may when it is empty or left out
 * @param labels its labels by name, at most 32
 */
public record MachineRegistration(String name, String host, Integer port, String user,
        @JsonDeserialize(using = TextOrNumberDeserializer.class) String password, String privateKey, String hostKey,
        Boolean sharedHost, List<String> groups, Map<String, String> labels) implements MachineFields {

    /** Strips spaces, as the original did. */
    public MachineRegistration {
        name = name == null ? null : name.strip();
        host = host == null ? null : host.strip();
    }

    void check() {
        FieldCheck check = new FieldCheck().required("name", name, MachineName::problemWith).required("host", host)
                .required("port", port).required("user", user);
        if (privateKey == null) {
            check.required("password", password);
        }
        checkGiven(check).orThrow();
    }

    @Override
    public String givenHostKey() {
        return hostKey;
    }

    NewMachine toNewMachine() {
        return new NewMachine(name, host, port, user, login(), Boolean.TRUE.equals(sharedHost),
                groups == null ? List.of() : groups,
                labels == null ? Map.of() : Labels.merge(Map.of(), labels));
    }

    /** Leaves the secrets out, so that they cannot reach a log by accident. */
    @Override
    public String toString() {
        return name;
    }
}
