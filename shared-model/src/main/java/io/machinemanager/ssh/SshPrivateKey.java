package io.machinemanager.ssh;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The format of a private key for SSH: PEM text of OpenSSH, PKCS#1, SEC 1 or PKCS#8, without a passphrase, as the
 * service could not enter one. Only {@code ssh-keygen} can tell whether there is a usable key in it.
 */
public final class SshPrivateKey {

    private static final int MAX_LENGTH = 16_384;
    private static final Pattern PEM = Pattern
            .compile("-----BEGIN ((?:OPENSSH |RSA |EC |ENCRYPTED )?PRIVATE KEY)-----\n"
                    + "([!-~][ -~]*\n|\n)*-----END \\1-----\n");
    private static final Pattern OPENSSH = Pattern
            .compile("-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END.*\n");
    /** How an unencrypted key of OpenSSH begins: the magic, then the cipher "none" (PROTOCOL.key of OpenSSH). */
    private static final byte[] UNENCRYPTED = "openssh-key-v1\0\0\0\0\4none".getBytes(StandardCharsets.ISO_8859_1);

    private SshPrivateKey() {
    }

    /** The key with the line ends that OpenSSH requires. */
    public static String normalise(String text) {
        return text.replace("\r\n", "\n").strip() + "\n";
    }

    /** Says in one sentence, without any of the text, why it is not a private key; empty when it has the format. */
    public static Optional<String> problemWith(String text) {
        String key = text.length() <= MAX_LENGTH ? normalise(text) : "";
        if (!PEM.matcher(key).matches()) {
            return Optional.of("A private key is PEM text, from -----BEGIN … PRIVATE KEY----- to the end, of at most %d"
                    .formatted(MAX_LENGTH) + " characters.");
        }
        return isEncrypted(key)
                ? Optional
                        .of("The private key has a passphrase, which the service cannot enter. Give a key without one.")
                : Optional.empty();
    }

    private static boolean isEncrypted(String key) {
        if (key.startsWith("-----BEGIN ENCRYPTED") || key.contains("\nProc-Type: 4,ENCRYPTED")) {
            return true;
        }
        Matcher openssh = OPENSSH.matcher(key);
        return openssh.matches() && !startsUnencrypted(openssh.group(1));
    }

    private static boolean startsUnencrypted(String base64) {
        try {
            byte[] bytes = Base64.getMimeDecoder().decode(base64);
            // a text that is too short is no key at all, for which ssh-keygen has a better message
            return bytes.length < UNENCRYPTED.length
                    || Arrays.equals(bytes, 0, UNENCRYPTED.length, UNENCRYPTED, 0, UNENCRYPTED.length);
        } catch (IllegalArgumentException e) {
            return true;
        }
    }
}
