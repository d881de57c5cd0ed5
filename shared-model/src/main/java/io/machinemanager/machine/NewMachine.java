package io.machinemanager.machine;

import io.machinemanager.ssh.SshCredentials;

/**
 * A machine to register. Its values were checked.
 *
 * @param name its name in the pool
 * @param host a DNS name or an IP literal
 * @param port the port of its sshd
 * @param user the user that the service logs in as
 * @param login the credentials of that user
 * @param sharedHost whether other machines may be the same host
 */
public record NewMachine(String name, String host, int port, String user, SshCredentials login, boolean sharedHost) {

    /** Omits the secrets, to keep them out of logs. */
    @Override
    public String toString() {
        return name + " (" + user + "@" + host + ":" + port + ")";
    }
}
