package io.machinemanager.api.machine;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.machine.Host;
import io.machinemanager.machine.MachineName;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.machine.SshLogin;

/**
 * A machine to be registered.
 *
 * @param name its name in the pool
 * @param host a DNS name or an IP address
 * @param port the port of its sshd
 * @param user the user to log in with: root, or one that may use sudo
 * @param password that user's password
 */
public record MachineRegistration(String name, String host, Integer port, String user, String password) {

    void check() {
        new FieldCheck().required("name", name, MachineName::problemWith).required("host", host, Host::problemWith)
                .required("port", port, SshLogin::problemWithPort).required("user", user, SshLogin::problemWithUser)
                .required("password", password, SshLogin::problemWithPassword).orThrow();
    }

    NewMachine toNewMachine() {
        return new NewMachine(name, host, port, user, password);
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return name;
    }
}
