package io.machinemanager.api.auth;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;

import org.apache.commons.codec.digest.DigestUtils;

/**
 * The key that is made of a secret, as a JSON Web Key (RFC 7517). Its id is derived from the secret, so that a token is
 * verified with its own key while the secret is being rotated.
 *
 * @param secret the text that the operator set
 */
record JwtKey(String secret) {

    /** HS256 needs a key of at least 256 bits (RFC 7518, section 3.2). */
    static final int MIN_BYTES = 32;

    /** The key as JSON. A secret that is too short is hashed to the needed length: that makes it work, but not safe. */
    String toJwk() {
        return "{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"%s\",\"k\":\"%s\"}".formatted(id(),
                Base64.getUrlEncoder().withoutPadding().encodeToString(bytes()));
    }

    /** The key's id, which does not reveal anything about the secret. */
    String id() {
        return HexFormat.of().formatHex(DigestUtils.sha256("kid:" + secret), 0, 8);
    }

    /** Leaves the secret out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "key " + id();
    }

    private byte[] bytes() {
        byte[] raw = secret.getBytes(StandardCharsets.UTF_8);
        return raw.length >= MIN_BYTES ? raw : DigestUtils.sha256(raw);
    }

}
