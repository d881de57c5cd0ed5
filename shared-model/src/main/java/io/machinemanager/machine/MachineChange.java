package io.machinemanager.machine;

import java.util.List;
import java.util.Map;

import io.machinemanager.ssh.HostKeys;
import io.machinemanager.ssh.SshCredentials;

/**
 * A change of a machine. Its values were checked; null means no change.
 *
 * @param host a DNS name or an IP literal
 * @param port the port of its sshd
 * @param user the user that the service logs in as
 * @param login the credentials, which replace all earlier ones
 * @param enabled whether the machine may be lent
 * @param sharedHost whether other machines may be the same host
 * @param hostKeys the SSH host keys to expect from now on, {@code type base64} a line
 * @param groups the names of the groups that it is for, which replace all earlier ones; empty for everyone
 * @param labels the labels to set by name; null as a value removes one
 */
public record MachineChange(String host, Integer port, String user, SshCredentials login, Boolean enabled,
        Boolean sharedHost, String hostKeys, List<String> groups, Map<String, String> labels) {

    /** A change that leaves the groups and labels as they are. */
    public MachineChange(String host, Integer port, String user, SshCredentials login, Boolean enabled,
            Boolean sharedHost, String hostKeys) {
        this(host, port, user, login, enabled, sharedHost, hostKeys, null, null);
    }

    /** The same change, with host keys. */
    public MachineChange withHostKeys(String keys) {
        return new MachineChange(host, port, user, login, enabled, sharedHost, keys, groups, labels);
    }

    /** Tells whether the address changes, so that other host keys are expected. */
    public boolean moves(String currentHost, int currentPort) {
        return host != null && !host.equals(currentHost) || port != null && port != currentPort;
    }

    /** Tells whether the stored password would be sent to an address that it was not given for. */
    public boolean misdirectsPassword(Machine machine) {
        return moves(machine.host, machine.port) && machine.sealedPassword != null && login == null;
    }

    /** Tells whether the change can make the machine a duplicate of another one. */
    public boolean touchesHost() {
        return host != null || port != null || hostKeys != null || sharedHost != null;
    }

    /** Tells whether the change can decide whether a log-in works. */
    public boolean touchesLogin() {
        return host != null || port != null || user != null || login != null || hostKeys != null;
    }

    /** Tells whether to try the machine again at once although work on it failed before. */
    public boolean isWorthATry() {
        return touchesLogin() || Boolean.TRUE.equals(enabled) || Boolean.TRUE.equals(sharedHost);
    }

    /** Omits the secrets, to keep them out of logs. */
    @Override
    public String toString() {
        return "host %s, port %s, user %s, log-in %s, enabled %s, shared host %s, host keys %s%s%s".formatted(host,
                port,
                user, login == null ? "kept" : "by " + login, enabled, sharedHost,
                hostKeys == null ? "kept" : HostKeys.fingerprints(hostKeys),
                groups == null ? "" : ", groups " + groups,
                labels == null ? "" : ", labels " + Labels.describe(labels));
    }
}
