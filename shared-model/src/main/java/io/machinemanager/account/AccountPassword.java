package io.machinemanager.account;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;

import org.apache.commons.codec.digest.Sha2Crypt;

/** Passwords of accounts on machines: their rule, their making and their hash. */
public final class AccountPassword {

    private static final String ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    private static final String SALT_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /** In place of a hash: no password lets anybody in. Unlike a locked account, a key does, whatever PAM is set to. */
    public static final String NONE = "*";

    private AccountPassword() {
    }

    /** What is wrong with a password, as one sentence; nothing when it may be used. */
    public static Optional<String> problemWith(String password) {
        // 128 characters in UTF-8 stay below the 512 bytes that PAM takes.
        boolean allowed = !password.isEmpty() && password.length() <= 128
                && password.codePoints().noneMatch(AccountPassword::isForbidden);
        return allowed
                ? Optional.empty()
                : Optional.of("A password has 1 to 128 characters and no control characters.");
    }

    private static boolean isForbidden(int character) {
        return Character.isISOControl(character) || Character.getType(character) == Character.SURROGATE;
    }

    /** A password of 20 characters that are not mistaken for one another. */
    public static String generate() {
        return random(20, ALPHABET);
    }

    /** The SHA-512 crypt ({@code $6$}) of a password with a fresh salt, as {@code /etc/shadow} takes it. */
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
