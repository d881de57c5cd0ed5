package io.machinemanager.api.machine;

import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.api.input.TextOrNumberDeserializer;
import io.machinemanager.machine.MachineChange;

/**
 * A change of a machine; a field that is left out stays as it is.
 *
 * @param host a DNS name or an IP address; spaces around it do not count
 * @param port the port of its sshd
 * @param user the user to log in with
 * @param password that user's password; a given password or private key replaces both that were used before
 * @param privateKey a private key of that user without a passphrase: PEM, as ssh-keygen makes it
 * @param enabled whether it may be lent
 * @param hostKey the SSH host keys to expect from now on, as lines of {@code known_hosts} or
 *        {@code ssh_host_*_key.pub}; {@code rescan} accepts what the machine shows now
 * @param sharedHost whether it may be one host with other machines, by its address or by its SSH host keys
 * @param groups the names of the groups whose members may see and reserve it, in place of all that it had; everyone may
 *        when it is empty
 * @param labels the labels to set by name; null as a value removes one, and the others stay
 */
public record MachineUpdate(String host, Integer port, String user,
        @JsonDeserialize(using = TextOrNumberDeserializer.class) String password, String privateKey, Boolean enabled,
        String hostKey, Boolean sharedHost, List<String> groups, Map<String, String> labels) implements MachineFields {

    private static final String RESCAN = "rescan";

    /** Strips spaces like a registration. */
    public MachineUpdate {
        host = host == null ? null : host.strip();
    }

    void check() {
        checkGiven(new FieldCheck().anyOf(
                List.of("host", "port", "user", "password", "private_key", "enabled", "host_key", "shared_host",
                        "groups", "labels"),
                host, port, user, password, privateKey, enabled, hostKey, sharedHost, groups, labels)).orThrow();
    }

    @Override
    public String givenHostKey() {
        return rescans() ? null : hostKey;
    }

    MachineChange toChange() {
        return new MachineChange(host, port, user, login(), enabled, sharedHost, hostKeys(), groups, labels);
    }

    /** Whether the machine is to be asked for its host keys. */
    boolean rescans() {
        return RESCAN.equals(hostKey);
    }

    /** Leaves the secrets out, so that they cannot reach a log by accident. */
    @Override
    public String toString() {
        return toChange().toString();
    }
}
