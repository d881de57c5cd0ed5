package io.machinemanager.ssh;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The SSH host keys of a machine: one for each of its algorithms, kept as {@code type base64} a line. */
public final class HostKeys {

    private static final int MAX_KEYS = 10;
    private static final int MAX_LENGTH = 32_768;
    private static final Set<String> TYPES = Set.of("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
            "ecdsa-sha2-nistp521", "ssh-rsa");

    // A line of known_hosts (sshd(8)) begins with the names of the host, plain or hashed, which are ignored here.
    private static final Pattern KNOWN_HOSTS = Pattern
            .compile("[^@# \\t]\\S*[ \\t]+([a-z][a-z0-9-]*[ \\t]+[A-Za-z0-9+/]+.*)");

    private HostKeys() {
    }

    /**
     * Reads keys in the format of {@code ssh-keyscan}, {@code /etc/ssh/ssh_host_*_key.pub} or {@code known_hosts}, one a
     * line. Empty lines and comments are ignored.
     *
     * @param text 1 to 10 keys, at most 32,768 characters
     * @return {@code type base64} a line, each key once, sorted
     * @throws IllegalArgumentException with one sentence for the user, when the text has anything else
     */
    public static String parse(String text) {
        List<String> lines = text.lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
        if (lines.isEmpty() || lines.size() > MAX_KEYS || text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "Host keys are 1 to %d lines such as ssh-ed25519 AAAA… or of known_hosts.".formatted(MAX_KEYS));
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

    /** Says in one sentence why {@link #parse} refuses a text; empty when it accepts it. */
    public static Optional<String> problemWith(String text) {
        try {
            parse(text);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(e.getMessage());
        }
    }

    /** The single keys in a text that {@link #parse} returned. */
    public static List<SshPublicKey> of(String kept) {
        return kept.lines().map(line -> line.split(" ", 2)).filter(parts -> parts.length == 2)
                .map(parts -> new SshPublicKey(parts[0], parts[1])).toList();
    }

    /** The SHA-256 fingerprints of the keys in a text that {@link #parse} returned, for a log line. */
    public static String fingerprints(String kept) {
        return of(kept).stream().map(SshPublicKey::fingerprint).collect(Collectors.joining(", "));
    }
}
