package io.machinemanager.account;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

import io.machinemanager.ssh.Host;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.ssh.SshLoginRules;
import io.machinemanager.ssh.SshPrivateKey;

/**
 * A machine as account work sees it.
 *
 * @param machine its name, {@code ^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$}
 * @param host a DNS name or an IP literal
 * @param port the port of its sshd, 1 to 65535
 * @param user the name to log in with; without root's rights it needs sudo
 * @param login what to log in with; its password, if there is one, is also for sudo
 * @param hostKeys the machine's SSH host keys, one {@code type base64} a line, as in known_hosts without the host;
 *        null only before the first contact: no log-in is made to a machine whose key is not known
 */
public record Target(String machine, String host, int port, String user, SshCredentials login, String hostKeys) {

    private static final Pattern HOST_KEY = Pattern.compile("[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}");

    /** A machine that is logged in to with a password. */
    public Target(String machine, String host, int port, String user, String password, String hostKeys) {
        this(machine, host, port, user, SshCredentials.password(password), hostKeys);
    }

    /** The same machine, known by these keys. */
    public Target withHostKeys(String keys) {
        return new Target(machine, host, port, user, login, keys);
    }

    /**
     * What keeps a machine from being logged in to, as one sentence; nothing when all is well. These are the rules of the
     * registration, asked again because this is where a driver gets the values.
     */
    public Optional<String> problem() {
        return Host.problemWith(host).or(() -> SshLoginRules.problemWithPort(port))
                .or(() -> SshLoginRules.problemWithUser(user))
                .or(this::problemWithLogin).or(this::problemWithHostKeys);
    }

    private Optional<String> problemWithLogin() {
        if (login.password() == null && login.privateKey() == null) {
            return Optional.of("What is kept to log in to the machine with cannot be read; the log says why.");
        }
        return Optional.ofNullable(login.password()).flatMap(SshLoginRules::problemWithPassword)
                .or(() -> Optional.ofNullable(login.privateKey()).flatMap(SshPrivateKey::problemWith));
    }

    private Optional<String> problemWithHostKeys() {
        boolean known = !hostKeyLines().isEmpty()
                && hostKeyLines().stream().allMatch(key -> HOST_KEY.matcher(key).matches());
        return known ? Optional.empty() : Optional.of("The machine's SSH host keys are not known.");
    }

    /** The host keys, {@code type base64} each. */
    public List<String> hostKeyLines() {
        return hostKeys == null
                ? List.of()
                : hostKeys.lines().map(String::strip).filter(key -> !key.isEmpty()).toList();
    }

    /** Leaves the secrets out, so that they cannot reach a log by accident. */
    @Override
    public String toString() {
        return machine + " (" + user + "@" + host + ":" + port + ")";
    }
}
