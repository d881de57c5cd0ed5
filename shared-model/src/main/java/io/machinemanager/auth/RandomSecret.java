package io.machinemanager.auth;

import java.security.SecureRandom;
import java.util.Base64;

import jakarta.enterprise.context.ApplicationScoped;

/** Draws secrets that nobody can guess, so that a plain hash of them is enough to recognise them. */
@ApplicationScoped
class RandomSecret {

    private static final int BYTES = 32;

    private final SecureRandom random = new SecureRandom();

    /** A text of 43 letters, digits, - and _, with a beginning that tells what it is. */
    String next(String prefix) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return text(prefix, bytes);
    }

    /** Bytes that nobody can guess, as such a text. */
    static String text(String prefix, byte[] bytes) {
        return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
