package io.machinemanager.ssh;

import java.util.List;
import java.util.stream.Collectors;

/** Several SSH public keys for one account, kept as {@code type base64} a line. */
public final class SshPublicKeys {

    /** How many keys an account may have. */
    public static final int MAX_KEYS = 10;

    /** How many characters all lines together may have. Ten RSA keys of 4,096 bits fit. */
    public static final int MAX_LENGTH = 8192;

    private SshPublicKeys() {
    }

    /**
     * Reads keys in the format of {@code authorized_keys} (sshd(8)) without options, one a line. Empty lines and comments
     * are ignored.
     *
     * @param text at most {@value #MAX_LENGTH} characters
     * @return {@code type base64} a line, each key once, in their order
     * @throws IllegalArgumentException with one sentence for the user, when a line is not a safe key (see
     *         {@link SshPublicKey#parse}), when there is no key, or when there are too many
     */
    public static String parse(String text) {
        List<String> lines = text.lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
        if (text.length() > MAX_LENGTH) {
            throw tooLong();
        }
        if (lines.isEmpty()) {
            throw new IllegalArgumentException(
                    "SSH public keys are lines such as ssh-ed25519 AAAA…, one for each key.");
        }
        return join(lines.stream().limit(MAX_KEYS + 1L).map(SshPublicKey::parse).distinct().toList());
    }

    /**
     * The keys as {@code type base64} a line.
     *
     * @throws IllegalArgumentException with one sentence for the user, when there are too many
     */
    public static String join(List<SshPublicKey> keys) {
        if (keys.size() > MAX_KEYS) {
            throw new IllegalArgumentException("At most %d SSH public keys are accepted.".formatted(MAX_KEYS));
        }
        String lines = keys.stream().map(SshPublicKey::line).collect(Collectors.joining("\n"));
        if (lines.length() > MAX_LENGTH) {
            throw tooLong();
        }
        return lines;
    }

    private static IllegalArgumentException tooLong() {
        return new IllegalArgumentException(("The SSH public keys are too long: together they may have %d characters."
                + " Use shorter keys, such as Ed25519.").formatted(MAX_LENGTH));
    }
}
