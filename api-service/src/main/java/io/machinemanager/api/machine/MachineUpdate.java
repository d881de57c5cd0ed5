package io.machinemanager.api.machine;

import java.util.List;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.machine.Host;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.machine.SshLogin;

/**
 * A change of a machine; what is left out stays.
 *
 * @param host a DNS name or an IP address
 * @param port the port of its sshd
 * @param user the user to log in with
 * @param password that user's password
 * @param enabled whether it may be lent
 */
public record MachineUpdate(String host, Integer port, String user, String password, Boolean enabled) {

    void check() {
        new FieldCheck()
                .anyOf(List.of("host", "port", "user", "password", "enabled"), host, port, user, password, enabled)
                .optional("host", host, Host::problemWith).optional("port", port, SshLogin::problemWithPort)
                .optional("user", user, SshLogin::problemWithUser)
                .optional("password", password, SshLogin::problemWithPassword).orThrow();
    }

    MachineChange toChange() {
        return new MachineChange(host, port, user, password, enabled);
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return toChange().toString();
    }
}
