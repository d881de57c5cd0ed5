package io.machinemanager.api.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import io.machinemanager.user.UserStatus;
import io.vertx.core.json.JsonObject;

/** Tokens made by hand, so that each thing about them can be wrong on purpose. */
final class ForgedToken {

    private final Map<String, Object> header = new LinkedHashMap<>(Map.of("typ", "JWT"));
    private final Map<String, Object> claims = new LinkedHashMap<>();
    private String algorithm = "HS256";
    private JwtKey key;
    private String keyId;

    private ForgedToken(JwtKey key) {
        this.key = key;
    }

    /** A token that is as good as a real one. */
    static ForgedToken of(UserStatus user, JwtKey key) {
        long now = Instant.now().getEpochSecond();
        return new ForgedToken(key).with("iss", "machine-manager").with("sub", user.username())
                .with("roles", List.of()).with("ver", Tokens.version(user)).with("iat", now - 10).with("nbf", now - 10)
                .with("exp", now + 600).with("jti", UUID.randomUUID().toString());
    }

    ForgedToken with(String claim, Object value) {
        claims.put(claim, value);
        return this;
    }

    ForgedToken without(String claim) {
        claims.remove(claim);
        return this;
    }

    ForgedToken signedBy(JwtKey other) {
        key = other;
        return this;
    }

    ForgedToken algorithm(String other) {
        algorithm = other;
        return this;
    }

    ForgedToken keyId(String other) {
        keyId = other;
        return this;
    }

    String build() {
        header.put("alg", algorithm);
        header.put("kid", keyId == null ? key.id() : keyId);
        String text = encode(new JsonObject(header).encode()) + "." + encode(new JsonObject(claims).encode());
        return text + "." + (algorithm.equals("none") ? "" : signature(text));
    }

    private String signature(String text) {
        String name = "Hmac" + algorithm.replace("HS", "SHA");
        try {
            Mac mac = Mac.getInstance(name);
            byte[] bytes = Base64.getUrlDecoder().decode(new JsonObject(key.toJwk()).getString("k"));
            mac.init(new SecretKeySpec(bytes, name));
            return Base64.getUrlEncoder().withoutPadding()
                    .encodeToString(mac.doFinal(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String encode(String json) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }
}
