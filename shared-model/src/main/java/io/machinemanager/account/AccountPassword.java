package io.machinemanager.account;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;

import org.apache.commons.codec.digest.Sha2Crypt;

import io.machinemanager.ssh.PasswordText;

/** Passwords of accounts on machines: rule, generation and hash. */
public final class AccountPassword {

    // That many characters in UTF-8 stay below the 512 bytes that PAM takes (PAM_MAX_RESP_SIZE).
    private static final int MAX_LENGTH = 128;
    private static final String ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    private static final String SALT_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /**
     * In place of a hash: no password is accepted. Unlike with a locked account, a log-in by key works, whatever PAM is set
     * to.
     */
    public static final String NONE = "*";

    private AccountPassword() {
    }

    /** Says in one sentence what is wrong with a password; empty when it may be used. */
    public static Optional<String> problemWith(String password) {
        return PasswordText.isAllowed(password, MAX_LENGTH)
                ? Optional.empty()
                : Optional.of("A password has 1 to %d characters and no control characters.".formatted(MAX_LENGTH));
    }

    /** A random password of 20 letters and digits, without those that look alike. */
    public static String generate() {
        return random(20, ALPHABET);
    }

    /** The SHA-512 crypt ({@code $6$}, see crypt(5)) of a password with a random salt, as {@code /etc/shadow} takes it. */
    public static String hash(String password) {
        return Sha2Crypt.sha512Crypt(password.getBytes(StandardCharsets.UTF_8), "$6$" + random(16, SALT_ALPHABET));
    }

    private static String random(int length, String alphabet) {
        SecureRandom random = new SecureRandom();
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
