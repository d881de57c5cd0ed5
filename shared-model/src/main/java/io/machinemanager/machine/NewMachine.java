package io.machinemanager.machine;

import io.machinemanager.ssh.SshCredentials;

/**
 * A machine to be registered, already checked.
 *
 * @param name its name in the pool
 * @param host a DNS name or an IP literal
 * @param port the port of its sshd
 * @param user the name we log in with
 * @param login what we log in with
 * @param sharedHost whether other machines may stand for the same host
 */
public record NewMachine(String name, String host, int port, String user, SshCredentials login, boolean sharedHost) {

    /** Leaves the secrets out, so that they cannot reach a log by accident. */
    @Override
    public String toString() {
        return name + " (" + user + "@" + host + ":" + port + ")";
    }
}
