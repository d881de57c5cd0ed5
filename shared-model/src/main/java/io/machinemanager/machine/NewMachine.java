package io.machinemanager.machine;

/**
 * A machine to be registered, already checked.
 *
 * @param name its name in the pool
 * @param host a DNS name or an IP literal
 * @param port the port of its sshd
 * @param user the name we log in with
 * @param password that user's password
 */
public record NewMachine(String name, String host, int port, String user, String password) {

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return name + " (" + user + "@" + host + ":" + port + ")";
    }
}
