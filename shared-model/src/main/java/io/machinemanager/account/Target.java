package io.machinemanager.account;

/**
 * A machine as account work sees it.
 *
 * @param machine its name, {@code ^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$}
 * @param host a DNS name or an IP literal
 * @param port the port of its sshd, 1 to 65535
 * @param user the name to log in with; without root's rights it needs sudo
 * @param password the password of that user, for the log-in and for sudo; any text without control characters
 * @param hostKeys the machine's SSH host keys, one {@code type base64} a line, as in known_hosts without the host;
 *        never null, since no log-in is made to a machine whose key is not known
 */
public record Target(String machine, String host, int port, String user, String password, String hostKeys) {

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return machine + " (" + user + "@" + host + ":" + port + ")";
    }
}
