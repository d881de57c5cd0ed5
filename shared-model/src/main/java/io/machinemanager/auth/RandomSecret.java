package io.machinemanager.auth;

import java.security.SecureRandom;
import java.util.Base64;

import jakarta.enterprise.context.ApplicationScoped;

/** Generates random secrets of 256 bits. They cannot be guessed, so a plain SHA-256 of them can be stored. */
@ApplicationScoped
class RandomSecret {

    private static final int BYTES = 32;

    private final SecureRandom random = new SecureRandom();

    /** A new secret: the prefix, and 43 characters of A-Z, a-z, 0-9, - and _. */
    String next(String prefix) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return text(prefix, bytes);
    }

    /** Encodes random bytes as such a secret. */
    static String text(String prefix, byte[] bytes) {
        return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
