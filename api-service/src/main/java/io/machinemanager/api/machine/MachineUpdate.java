package io.machinemanager.api.machine;

import java.util.List;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.ssh.Host;
import io.machinemanager.ssh.HostKeys;
import io.machinemanager.ssh.SshLogin;

/**
 * A change of a machine; what is left out stays.
 *
 * @param host a DNS name or an IP address
 * @param port the port of its sshd
 * @param user the user to log in with
 * @param password that user's password
 * @param enabled whether it may be lent
 * @param hostKey the SSH host keys to expect from now on, as lines of {@code known_hosts} or
 *        {@code ssh_host_*_key.pub}; {@code rescan} accepts what the machine shows now
 */
public record MachineUpdate(String host, Integer port, String user, String password, Boolean enabled, String hostKey) {

    private static final String RESCAN = "rescan";

    void check() {
        new FieldCheck()
                .anyOf(List.of("host", "port", "user", "password", "enabled", "host_key"), host, port, user, password,
                        enabled, hostKey)
                .optional("host", host, Host::problemWith).optional("port", port, SshLogin::problemWithPort)
                .optional("user", user, SshLogin::problemWithUser)
                .optional("password", password, SshLogin::problemWithPassword)
                .optional("host_key", rescans() ? null : hostKey, HostKeys::problemWith).orThrow();
    }

    MachineChange toChange() {
        return new MachineChange(host, port, user, password, enabled,
                hostKey == null || rescans() ? null : HostKeys.parse(hostKey));
    }

    /** Tells whether the machine is to be asked for its host keys. */
    boolean rescans() {
        return RESCAN.equals(hostKey);
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return toChange().toString();
    }
}
