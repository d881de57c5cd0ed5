package io.machinemanager.ssh;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The form of a private key for SSH: the PEM of OpenSSH, of PKCS#1, SEC 1 or PKCS#8, without a passphrase, since nobody is
 * there to type one. Whether there is a key in it is for {@code ssh-keygen} to say.
 */
public final class SshPrivateKey {

    private static final int LONGEST = 16_384;
    private static final Pattern PEM = Pattern
            .compile("-----BEGIN ((?:OPENSSH |RSA |EC |ENCRYPTED )?PRIVATE KEY)-----\n"
                    + "([!-~][ -~]*\n|\n)*-----END \\1-----\n");
    private static final Pattern OPENSSH = Pattern
            .compile("-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END.*\n");
    /** What a key of OpenSSH begins with, when it is in clear: the magic, then "none" as the cipher. */
    private static final byte[] UNENCRYPTED = "openssh-key-v1\0\0\0\0\4none".getBytes(StandardCharsets.ISO_8859_1);

    private SshPrivateKey() {
    }

    /** The key with the ends of line that OpenSSH insists on. */
    public static String normalise(String text) {
        return text.replace("\r\n", "\n").strip() + "\n";
    }

    /** What keeps a text from being a private key, as one sentence without any of it; nothing when it has the form. */
    public static Optional<String> problemWith(String text) {
        String key = text.length() <= LONGEST ? normalise(text) : "";
        if (!PEM.matcher(key).matches()) {
            return Optional.of("A private key is PEM text, from -----BEGIN … PRIVATE KEY----- to the end, of at most %d"
                    .formatted(LONGEST) + " characters.");
        }
        return isEncrypted(key)
                ? Optional.of("The private key has a passphrase; nobody is there to type it. Give one without.")
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
            // what is too short to tell is no key at all, which ssh-keygen says better
            return bytes.length < UNENCRYPTED.length
                    || Arrays.equals(bytes, 0, UNENCRYPTED.length, UNENCRYPTED, 0, UNENCRYPTED.length);
        } catch (IllegalArgumentException e) {
            return true;
        }
    }
}
