package io.machinemanager.account;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

import io.machinemanager.ssh.Host;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.ssh.SshLoginRules;
import io.machinemanager.ssh.SshPrivateKey;

/**
 * A machine, and how to log in to it.
 *
 * @param machine its name, {@code ^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$}
 * @param host a DNS name or an IP literal
 * @param port the port of its sshd, 1 to 65535
 * @param user the user to log in as: root, or a user with sudo
 * @param login the password or key of that user; a password is also used for sudo
 * @param hostKeys the machine's SSH host keys, one {@code type base64} a line, as in known_hosts without the host;
 *        null before they are known, when no log-in is possible
 */
public record Target(String machine, String host, int port, String user, SshCredentials login, String hostKeys) {

    private static final Pattern HOST_KEY = Pattern.compile("[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}");

    /** A machine with a log-in by password. */
    public Target(String machine, String host, int port, String user, String password, String hostKeys) {
        this(machine, host, port, user, SshCredentials.password(password), hostKeys);
    }

    /** The same machine with these host keys. */
    public Target withHostKeys(String keys) {
        return new Target(machine, host, port, user, login, keys);
    }

    /**
     * Says in one sentence why no log-in to the machine is possible; empty when the values are valid. These are the rules of
     * the registration. They are checked again here because a driver gives these values to other programs.
     */
    public Optional<String> problem() {
        return Host.problemWith(host).or(() -> SshLoginRules.problemWithPort(port))
                .or(() -> SshLoginRules.problemWithUser(user))
                .or(this::problemWithLogin).or(this::problemWithHostKeys);
    }

    private Optional<String> problemWithLogin() {
        if (login.password() == null && login.privateKey() == null) {
            return Optional.of("The stored password or key of the machine cannot be read; the log says why.");
        }
        return Optional.ofNullable(login.password()).flatMap(SshLoginRules::problemWithPassword)
                .or(() -> Optional.ofNullable(login.privateKey()).flatMap(SshPrivateKey::problemWith));
    }

    private Optional<String> problemWithHostKeys() {
        boolean valid = !hostKeyLines().isEmpty()
                && hostKeyLines().stream().allMatch(key -> HOST_KEY.matcher(key).matches());
        return valid ? Optional.empty() : Optional.of("The machine's SSH host keys are not known.");
    }

    /** The host keys, {@code type base64} each. */
    public List<String> hostKeyLines() {
        return hostKeys == null
                ? List.of()
                : hostKeys.lines().map(String::strip).filter(key -> !key.isEmpty()).toList();
    }

    /** Without the secrets, so that they cannot reach a log by accident. */
    @Override
    public String toString() {
        return machine + " (" + user + "@" + host + ":" + port + ")";
    }
}
