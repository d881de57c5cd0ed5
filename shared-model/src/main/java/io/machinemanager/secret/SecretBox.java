package io.machinemanager.secret;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import jakarta.inject.Singleton;

import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.codec.digest.HmacAlgorithms;
import org.apache.commons.codec.digest.HmacUtils;

/**
 * Encrypts secrets that must not be readable from a copy of the database: AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit
 * nonce each time and the owner of the secret as associated data, so that a ciphertext moved to another row does not
 * decrypt.
 *
 * <p>
 * The stored form is {@code v1:<key id>:<base64 of nonce and ciphertext>}; the key id is the start of the key's SHA-256,
 * so a rotated key finds its own ciphertexts.
 */
@Singleton
public class SecretBox {

    private static final String VERSION = "v1";
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    /**
     * The key when none is set, which is allowed only in development and demonstrations: production does not start without
     * a key.
     */
    static final String DEVELOPMENT_KEY = Base64.getEncoder().encodeToString(new byte[32]);

    private final SequencedMap<String, SecretKeySpec> keys = new LinkedHashMap<>();
    private final String currentKeyId;
    private final SecureRandom random = new SecureRandom();

    /** A box with the keys of that configuration; a key of the wrong form is refused. */
    public SecretBox(SecretConfig config) {
        currentKeyId = add(config.key().orElse(DEVELOPMENT_KEY));
        config.keyPrevious().ifPresent(this::add);
    }

    /**
     * Encrypts a secret.
     *
     * @param owner names what the secret belongs to, such as {@code machine/7}; {@link #open} needs the same
     * @param secret any text
     */
    public String seal(String owner, String secret) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] ciphertext = crypt(Cipher.ENCRYPT_MODE, currentKeyId, owner, nonce,
                secret.getBytes(StandardCharsets.UTF_8));
        byte[] sealed = ByteBuffer.allocate(NONCE_BYTES + ciphertext.length).put(nonce).put(ciphertext).array();
        return VERSION + ":" + currentKeyId + ":" + Base64.getEncoder().encodeToString(sealed);
    }

    /**
     * Decrypts a text that {@link #seal} made for the same owner.
     *
     * @throws IllegalStateException when the key is not configured, or the text was altered or made for another owner
     */
    public String open(String owner, String sealed) {
        String[] parts = sealed.split(":", 3);
        if (parts.length != 3 || !parts[0].equals(VERSION)) {
            throw new IllegalStateException("the stored secret of " + owner + " has an unknown form");
        }
        ByteBuffer bytes = ByteBuffer.wrap(bytes(owner, parts[2]));
        byte[] nonce = new byte[NONCE_BYTES];
        bytes.get(nonce);
        byte[] ciphertext = new byte[bytes.remaining()];
        bytes.get(ciphertext);
        return new String(crypt(Cipher.DECRYPT_MODE, parts[1], owner, nonce, ciphertext), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String owner, String base64) {
        try {
            byte[] bytes = Base64.getDecoder().decode(base64);
            if (bytes.length > NONCE_BYTES) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // the same mistake as too few bytes
        }
        throw new IllegalStateException("the stored secret of " + owner + " is cut short or not base64");
    }

    /**
     * Derives bytes from a text, for each key: the current key first (HMAC, RFC 2104, with a key for the purpose alone).
     * Without the key they cannot be computed.
     *
     * @param purpose the same text gives other bytes for another purpose
     * @return 32 bytes each
     */
    public List<byte[]> derive(String purpose, String text) {
        return keys.sequencedValues().stream()
                .map(key -> hmac(hmac(key.getEncoded(), purpose), text)).toList();
    }

    private static byte[] hmac(byte[] key, String text) {
        return new HmacUtils(HmacAlgorithms.HMAC_SHA_256, key).hmac(text);
    }

    /** Tells whether the text is encrypted with the current key, so that it needs no re-encryption. */
    public boolean isCurrent(String sealed) {
        return sealed.startsWith(currentPrefix());
    }

    /** The start of each text that is encrypted with the current key. */
    public String currentPrefix() {
        return VERSION + ":" + currentKeyId + ":";
    }

    /** The id of the current key; nobody can compute the key from it. */
    public String currentKeyId() {
        return currentKeyId;
    }

    /**
     * Checks that a key is 32 bytes in base64 and not the development key.
     *
     * @return what is wrong, or nothing
     */
    public static Optional<String> problemWith(String key) {
        try {
            return MessageDigest.isEqual(decode(key), decode(DEVELOPMENT_KEY))
                    ? Optional.of("it is all zeros")
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(e.getMessage());
        }
    }

    private String add(String key) {
        byte[] raw = decode(key);
        String id = HexFormat.of().formatHex(DigestUtils.sha256(raw), 0, 4);
        keys.put(id, new SecretKeySpec(raw, "AES"));
        return id;
    }

    private static byte[] decode(String key) {
        byte[] raw;
        try {
            raw = Base64.getDecoder().decode(key.strip());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("it is not base64", e);
        }
        if (raw.length != 32) {
            throw new IllegalArgumentException("it holds %d bytes instead of 32".formatted(raw.length));
        }
        return raw;
    }

    private byte[] crypt(int mode, String keyId, String owner, byte[] nonce, byte[] input) {
        SecretKeySpec key = keys.get(keyId);
        if (key == null) {
            throw new IllegalStateException(
                    "the secret of %s is encrypted with key %s, which is not configured".formatted(owner,
                            keyId));
        }
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(owner.getBytes(StandardCharsets.UTF_8));
            return cipher.doFinal(input);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the secret of %s cannot be processed".formatted(owner), e);
        }
    }
}
