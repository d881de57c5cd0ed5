package io.machinemanager.ssh;

import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Text for {@code ~/.ssh/config} (ssh_config(5)) and for a file of known hosts (sshd(8)), with which {@code ssh NAME} logs
 * in to a lent account. ssh asks nothing and trusts only the recorded host keys.
 */
public final class SshConfigText {

    /** The file of known hosts that the configuration names, unless the caller wants another. */
    public static final String KNOWN_HOSTS_FILE = "~/.ssh/known_hosts.machine-manager";

    // Without wildcards, quotes, spaces and tokens (%), and not an option.
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,62}");

    // ssh takes no quotes in quotes, and replaces variables. Its tokens are escaped below.
    private static final Pattern FILE = Pattern.compile("[^\\p{Cntrl}\"\\\\$]{1,255}");

    private SshConfigText() {
    }

    /**
     * An account on a machine.
     *
     * @param name the machine's name, by which ssh is called: 1 to 63 characters of A-Z, a-z, 0-9, ., _ and -, the first not
     *        . or -. ssh does not tell upper case from lower case in the names of known hosts
     * @param host its address, see {@link Host}
     * @param port the port of its sshd, 1 to 65535
     * @param account the account's name, by the same rule as the machine's name
     * @param hostKeys the machine's host keys as {@link HostKeys#parse} returns them; null or empty while they are not known,
     *        when ssh refuses the log-in
     */
    public record Entry(String name, String host, int port, String account, String hostKeys) {

        /**
         * Checks the values, as each could mean something else to ssh.
         *
         * @throws IllegalArgumentException when one is not by its rule
         */
        public Entry {
            require(WORD.matcher(name).matches(), "name");
            require(WORD.matcher(account).matches(), "account");
            require(Host.problemWith(host).isEmpty(), "host");
            require(SshLoginRules.problemWithPort(port).isEmpty(), "port");
            hostKeys = hostKeys == null || hostKeys.isBlank() ? "" : HostKeys.parse(hostKeys);
        }
    }

    private static void require(boolean isSo, String what) {
        if (!isSo) {
            throw new IllegalArgumentException(
                    "The %s cannot be written into the configuration of ssh.".formatted(what));
        }
    }

    /**
     * The lines for {@code ~/.ssh/config}: a block for each account.
     *
     * @param knownHostsFile where the user keeps {@link #knownHosts}; 1 to 255 characters without control characters, quotes,
     *        backslashes and dollar signs
     * @throws IllegalArgumentException when the file has other characters
     */
    public static String config(List<Entry> entries, String knownHostsFile) {
        require(FILE.matcher(knownHostsFile).matches(), "file of known hosts");
        String file = knownHostsFile.replace("%", "%%");
        return lines(entries, entry -> """
                Host %1$s
                    HostName %2$s
                    Port %3$d
                    User %4$s
                    HostKeyAlias %1$s
                    UserKnownHostsFile "%5$s"
                    GlobalKnownHostsFile /dev/null
                    StrictHostKeyChecking yes
                    UpdateHostKeys no
                """.formatted(entry.name(), entry.host(), entry.port(), entry.account(), file));
    }

    /** The lines for the file of known hosts: one for each host key, under the machine's name. */
    public static String knownHosts(List<Entry> entries) {
        return lines(entries, entry -> HostKeys.of(entry.hostKeys()).stream()
                .map(key -> entry.name() + " " + key.line() + "\n").collect(Collectors.joining()));
    }

    private static String lines(List<Entry> entries, Function<Entry, String> text) {
        return entries.stream().map(text).collect(Collectors.joining());
    }
}
