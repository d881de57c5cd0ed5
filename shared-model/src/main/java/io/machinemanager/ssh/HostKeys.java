package io.machinemanager.ssh;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The SSH host keys of a machine: one for each of its algorithms, kept as {@code type base64} a line. */
public final class HostKeys {

    private static final int MOST = 10;
    private static final int LONGEST = 32_768;
    private static final Set<String> TYPES = Set.of("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
            "ecdsa-sha2-nistp521", "ssh-rsa");

    // known_hosts (sshd(8)) begins a line with the names of the host, which say nothing here, be they hashed or not
    private static final Pattern KNOWN_HOSTS = Pattern
            .compile("[^@# \\t]\\S*[ \\t]+([a-z][a-z0-9-]*[ \\t]+[A-Za-z0-9+/]+.*)");

    private HostKeys() {
    }

    /**
     * Reads keys as {@code ssh-keyscan}, {@code /etc/ssh/ssh_host_*_key.pub} or {@code known_hosts} give them, one a line;
     * empty lines and comments are passed over.
     *
     * @return {@code type base64} a line, each once, sorted
     * @throws IllegalArgumentException with one sentence for whoever gave the text, when there is anything else in it
     */
    public static String parse(String text) {
        List<String> lines = text.lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
        if (lines.isEmpty() || lines.size() > MOST || text.length() > LONGEST) {
            throw new IllegalArgumentException(
                    "Host keys are 1 to %d lines such as ssh-ed25519 AAAA… or of known_hosts.".formatted(MOST));
        }
        return lines.stream().map(HostKeys::key).map(SshPublicKey::line).distinct().sorted()
                .collect(Collectors.joining("\n"));
    }

    private static SshPublicKey key(String line) {
        Matcher known = KNOWN_HOSTS.matcher(line);
        String first = line.split("[ \\t]", 2)[0];
        SshPublicKey key = SshPublicKey.parse(TYPES.contains(first) || !known.matches() ? line : known.group(1));
        if (!TYPES.contains(key.type())) {
            throw new IllegalArgumentException("Keys of type %s do not belong to hosts.".formatted(key.type()));
        }
        return key;
    }

    /** What keeps a text from being host keys, as one sentence; nothing when all is well. */
    public static Optional<String> problemWith(String text) {
        try {
            parse(text);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** The single keys of what {@link #parse} made. */
    public static List<SshPublicKey> of(String kept) {
        return kept.lines().map(line -> line.split(" ", 2)).filter(parts -> parts.length == 2)
                .map(parts -> new SshPublicKey(parts[0], parts[1])).toList();
    }

    /** The fingerprints of what {@link #parse} made, for a log line. */
    public static String fingerprints(String kept) {
        return of(kept).stream().map(SshPublicKey::fingerprint).collect(Collectors.joining(", "));
    }
}
