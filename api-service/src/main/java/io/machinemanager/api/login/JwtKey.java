package io.machinemanager.api.login;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The key that a secret stands for, as a JSON Web Key (RFC 7517). Its id is derived from the secret, so that a token finds
 * its own key while the secret is being rotated.
 *
 * @param secret the text that the operator set
 */
record JwtKey(String secret) {

    /** HS256 needs a key of at least 256 bits (RFC 7518, section 3.2). */
    static final int MIN_BYTES = 32;

    /** Stands in for a secret where none is set, which production does not allow. */
    static final String DEVELOPMENT_SECRET = "change-me";

    /** The key as JSON; a secret that is too short for it is stretched, which makes it work and not safe. */
    String toJwk() {
        return "{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"%s\",\"k\":\"%s\"}".formatted(id(),
                Base64.getUrlEncoder().withoutPadding().encodeToString(bytes()));
    }

    /** The key's id: it tells keys apart and nothing about them. */
    String id() {
        return HexFormat.of().formatHex(sha256(("kid:" + secret).getBytes(StandardCharsets.UTF_8)), 0, 8);
    }

    private byte[] bytes() {
        byte[] raw = secret.getBytes(StandardCharsets.UTF_8);
        return raw.length >= MIN_BYTES ? raw : sha256(raw);
    }

    /** Why production does not start with a secret; nothing when it may be used. */
    static Optional<String> problemWith(Optional<String> secret) {
        if (secret.isEmpty()) {
            return Optional.of("JWT_SECRET is not set");
        }
        if (secret.get().startsWith(DEVELOPMENT_SECRET)) {
            return Optional.of("JWT_SECRET is the default");
        }
        int bytes = secret.get().getBytes(StandardCharsets.UTF_8).length;
        return bytes >= MIN_BYTES
                ? Optional.empty()
                : Optional.of("JWT_SECRET has %d bytes instead of at least %d".formatted(bytes, MIN_BYTES));
    }

    private static byte[] sha256(byte[] input) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(input);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
