package io.machinemanager.api.machine;

import java.util.List;

import com.fasterxml.jackson.databind.annotation.JsonDeserialize;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.api.input.TextOrNumberDeserializer;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.ssh.Host;
import io.machinemanager.ssh.HostKeys;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.ssh.SshLoginRules;
import io.machinemanager.ssh.SshPrivateKey;

/**
 * A change of a machine; what is left out stays.
 *
 * @param host a DNS name or an IP address; spaces around it do not count
 * @param port the port of its sshd
 * @param user the user to log in with
 * @param password that user's password. A password and a private key that are given replace all that was used before
 * @param privateKey a private key of that user without a passphrase: PEM, as ssh-keygen makes it
 * @param enabled whether it may be lent
 * @param hostKey the SSH host keys to expect from now on, as lines of {@code known_hosts} or
 *        {@code ssh_host_*_key.pub}; {@code rescan} accepts what the machine shows now
 * @param sharedHost whether it may be one host with other machines, by its address or by its SSH host keys
 */
public record MachineUpdate(String host, Integer port, String user,
        @JsonDeserialize(using = TextOrNumberDeserializer.class) String password, String privateKey, Boolean enabled,
        String hostKey, Boolean sharedHost) {

    private static final String RESCAN = "rescan";

    /** Like a registration. */
    public MachineUpdate {
        host = host == null ? null : host.strip();
    }

    void check() {
        new FieldCheck()
                .anyOf(List.of("host", "port", "user", "password", "private_key", "enabled", "host_key", "shared_host"),
                        host, port, user, password, privateKey, enabled, hostKey, sharedHost)
                .optional("host", host, Host::problemWith).optional("port", port, SshLoginRules::problemWithPort)
                .optional("user", user, SshLoginRules::problemWithUser)
                .optional("password", password, SshLoginRules::problemWithPassword)
                .optional("private_key", privateKey, SshPrivateKey::problemWith)
                .optional("host_key", rescans() ? null : hostKey, HostKeys::problemWith).orThrow();
    }

    MachineChange toChange() {
        return new MachineChange(host, port, user, login(password, privateKey), enabled, sharedHost,
                hostKey == null || rescans() ? null : HostKeys.parse(hostKey));
    }

    /** What to log in with; null when neither is given. */
    static SshCredentials login(String password, String privateKey) {
        return password == null && privateKey == null
                ? null
                : new SshCredentials(password, privateKey == null ? null : SshPrivateKey.normalise(privateKey));
    }

    /** Tells whether the machine is to be asked for its host keys. */
    boolean rescans() {
        return RESCAN.equals(hostKey);
    }

    /** Leaves the secrets out, so that they cannot reach a log by accident. */
    @Override
    public String toString() {
        return toChange().toString();
    }
}
