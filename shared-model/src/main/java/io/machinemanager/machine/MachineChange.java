package io.machinemanager.machine;

import io.machinemanager.ssh.HostKeys;

/**
 * What is to be changed about a machine, already checked; null leaves things as they are.
 *
 * @param host a DNS name or an IP literal
 * @param port the port of its sshd
 * @param user the name we log in with
 * @param password that user's password
 * @param enabled whether it may be lent
 * @param hostKeys the SSH host keys it is to show from now on, {@code type base64} a line
 */
public record MachineChange(String host, Integer port, String user, String password, Boolean enabled,
        String hostKeys) {

    /** The same change, with host keys. */
    public MachineChange withHostKeys(String keys) {
        return new MachineChange(host, port, user, password, enabled, keys);
    }

    /** Tells whether the machine is to be found elsewhere afterwards, so that other host keys are expected there. */
    public boolean moves(Machine machine) {
        return host != null && !host.equals(machine.host) || port != null && port != machine.port;
    }

    /** Tells whether there is reason to try the machine again even though work on it failed. */
    public boolean isWorthATry() {
        return host != null || port != null || user != null || password != null || hostKeys != null
                || Boolean.TRUE.equals(enabled);
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "host %s, port %s, user %s, password %s, enabled %s, host keys %s".formatted(host, port, user,
                password == null ? "kept" : "changed", enabled,
                hostKeys == null ? "kept" : HostKeys.fingerprints(hostKeys));
    }
}
