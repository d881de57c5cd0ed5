package io.machinemanager.machine;

import java.util.List;
import java.util.Map;

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
 * @param groups the names of the groups that it is for; empty for everyone
 * @param labels its labels by name
 */
public record NewMachine(String name, String host, int port, String user, SshCredentials login, boolean sharedHost,
        List<String> groups, Map<String, String> labels) {

    /** A machine for everyone, without labels. */
    public NewMachine(String name, String host, int port, String user, SshCredentials login, boolean sharedHost) {
        this(name, host, port, user, login, sharedHost, List.of(), Map.of());
    }

    /** Omits the secrets, to keep them out of logs. */
    @Override
    public String toString() {
        return name + " (" + user + "@" + host + ":" + port + ")";
    }
}
