package io.machinemanager.machine;

import io.machinemanager.ssh.HostKeys;
import io.machinemanager.ssh.SshCredentials;

/**
 * What is to be changed about a machine, already checked; null leaves things as they are.
 *
 * @param host a DNS name or an IP literal
 * @param port the port of its sshd
 * @param user the name we log in with
 * @param login what we log in with, in place of all that was used before
 * @param enabled whether it may be lent
 * @param sharedHost whether other machines may stand for the same host
 * @param hostKeys the SSH host keys it is to show from now on, {@code type base64} a line
 */
public record MachineChange(String host, Integer port, String user, SshCredentials login, Boolean enabled,
        Boolean sharedHost, String hostKeys) {

    /** The same change, with host keys. */
    public MachineChange withHostKeys(String keys) {
        return new MachineChange(host, port, user, login, enabled, sharedHost, keys);
    }

    /** Tells whether a machine is to be found elsewhere afterwards, so that other host keys are expected there. */
    public boolean moves(String currentHost, int currentPort) {
        return host != null && !host.equals(currentHost) || port != null && port != currentPort;
    }

    /** Tells whether a password that was meant for one address would be sent to another, where anybody may wait. */
    public boolean misdirectsPassword(Machine machine) {
        return moves(machine.host, machine.port) && machine.sealedPassword != null && login == null;
    }

    /** Tells whether another machine may turn out to be the same host afterwards. */
    public boolean touchesHost() {
        return host != null || port != null || hostKeys != null || sharedHost != null;
    }

    /** Tells whether the machine may answer afterwards though it did not before, or the other way round. */
    public boolean touchesLogin() {
        return host != null || port != null || user != null || login != null || hostKeys != null;
    }

    /** Tells whether there is reason to try the machine again even though work on it failed. */
    public boolean isWorthATry() {
        return touchesLogin() || Boolean.TRUE.equals(enabled) || Boolean.TRUE.equals(sharedHost);
    }

    /** Leaves the secrets out, so that they cannot reach a log by accident. */
    @Override
    public String toString() {
        return "host %s, port %s, user %s, log-in %s, enabled %s, shared host %s, host keys %s".formatted(host, port,
                user,
                login == null ? "kept" : "by " + login, enabled, sharedHost,
                hostKeys == null ? "kept" : HostKeys.fingerprints(hostKeys));
    }
}
