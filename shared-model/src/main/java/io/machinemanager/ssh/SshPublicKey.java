package io.machinemanager.ssh;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.commons.codec.digest.DigestUtils;

/**
 * A public key of SSH. It is parsed and checked to its last byte (RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709,
 * section 4), so that no other data can pass for a key.
 *
 * @param type such as {@code ssh-ed25519}
 * @param base64 the key in canonical base64
 */
public record SshPublicKey(String type, String base64) {

    /** Shorter keys are not safe. */
    private static final int MIN_RSA_BITS = 2048;

    private static final int MAX_RSA_BITS = 16_384;
    private static final int MAX_LENGTH = 8192;

    // type, key, comment: options before the type are refused, and the comment is dropped
    private static final Pattern LINE = Pattern
            .compile("([a-z0-9@.-]{1,64})[ \\t]+([A-Za-z0-9+/]+={0,2})(?:[ \\t].*)?");

    private static final Pattern AFTER_OPTIONS = Pattern.compile(".+[ \\t](?:ssh|ecdsa|sk)-\\S+[ \\t]+AAAA.*");

    // PEM, PuTTY's format, and the base64 of an OpenSSH key without its first line
    private static final Pattern PRIVATE = Pattern.compile("PRIVATE KEY|PuTTY-User-Key-File|b3BlbnNzaC1rZXktdjEA");

    // bytes of an uncompressed point: the form (4) and two coordinates (SEC 1, section 2.3.3)
    private static final Map<String, Integer> CURVES = Map.of("nistp256", 65, "nistp384", 97, "nistp521", 133);

    /**
     * Reads a line in the format of {@code id_ed25519.pub}, or of {@code authorized_keys} (sshd(8)) without options.
     *
     * @param text at most 8,192 characters
     * @throws IllegalArgumentException with one sentence for the user, when it is not a safe key: Ed25519, ECDSA, or RSA of
     *         2,048 to 16,384 bits
     */
    public static SshPublicKey parse(String text) {
        String line = text.strip();
        Matcher parts = LINE.matcher(line);
        if (line.length() > MAX_LENGTH || line.codePoints().anyMatch(SshPublicKey::isForbidden) || !parts.matches()) {
            throw notAKey(line);
        }
        byte[] blob = decode(parts.group(2));
        check(parts.group(1), ByteBuffer.wrap(blob));
        return new SshPublicKey(parts.group(1), Base64.getEncoder().encodeToString(blob));
    }

    /** Says what is wrong without any of the text, which may be a secret. */
    private static IllegalArgumentException notAKey(String line) {
        if (PRIVATE.matcher(line).find()) {
            return new IllegalArgumentException(
                    "This is a private key, which nobody else may have; make a new one if others"
                            + " could read it. Give the public key, which is in the file that ends in .pub.");
        }
        return refused(line.length() <= MAX_LENGTH && AFTER_OPTIONS.matcher(line).matches()
                ? "has options in front of its type"
                : "is not one line of a type and base64, such as ssh-ed25519 AAAA…,");
    }

    private static boolean isForbidden(int character) {
        return character != '\t' && Character.isISOControl(character)
                || Character.getType(character) == Character.LINE_SEPARATOR
                || Character.getType(character) == Character.PARAGRAPH_SEPARATOR;
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw refused("is not valid base64");
        }
    }

    private static void check(String type, ByteBuffer blob) {
        try {
            if (!type.equals(string(blob))) {
                throw refused("is of another type than it says");
            }
            switch (type) {
                case "ssh-ed25519" -> require(bytes(blob).length == 32);
                case "ssh-rsa" -> checkRsa(blob);
                case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521" -> checkPoint(type, blob);
                // keys in hardware, with an application string (PROTOCOL.u2f of OpenSSH)
                case "sk-ssh-ed25519@openssh.com" -> require(bytes(blob).length == 32 && bytes(blob).length > 0);
                case "sk-ecdsa-sha2-nistp256@openssh.com" -> {
                    checkPoint("ecdsa-sha2-nistp256", blob);
                    require(bytes(blob).length > 0);
                }
                default -> throw refused("is not of type ssh-ed25519, ecdsa-sha2-nistp256, -nistp384 or -nistp521,"
                        + " ssh-rsa, or an sk- form of these");
            }
            require(!blob.hasRemaining());
        } catch (BufferUnderflowException e) {
            throw refused("is cut short");
        }
    }

    private static void checkRsa(ByteBuffer blob) {
        BigInteger exponent = new BigInteger(nonEmpty(blob));
        BigInteger modulus = new BigInteger(nonEmpty(blob));
        require(exponent.testBit(0) && exponent.compareTo(BigInteger.TWO) > 0);
        require(modulus.testBit(0) && modulus.signum() > 0 && modulus.bitLength() <= MAX_RSA_BITS);
        if (modulus.bitLength() < MIN_RSA_BITS) {
            throw refused("has %d bits of RSA and needs %d".formatted(modulus.bitLength(), MIN_RSA_BITS));
        }
    }

    private static void checkPoint(String type, ByteBuffer blob) {
        String curve = string(blob);
        byte[] point = bytes(blob);
        require(type.equals("ecdsa-sha2-" + curve) && point.length == CURVES.get(curve) && point[0] == 4);
    }

    private static byte[] nonEmpty(ByteBuffer blob) {
        byte[] bytes = bytes(blob);
        require(bytes.length > 0);
        return bytes;
    }

    private static String string(ByteBuffer blob) {
        return new String(bytes(blob), StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(ByteBuffer blob) {
        int length = blob.getInt();
        if (length < 0 || length > blob.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        blob.get(bytes);
        return bytes;
    }

    private static void require(boolean isSo) {
        if (!isSo) {
            throw refused("is damaged");
        }
    }

    private static IllegalArgumentException refused(String why) {
        return new IllegalArgumentException("An SSH public key that " + why + " is not accepted.");
    }

    /** The fingerprint as {@code ssh-keygen -l} and ssh show it: {@code SHA256:…}. */
    public String fingerprint() {
        byte[] hash = DigestUtils.sha256(Base64.getDecoder().decode(base64));
        return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(hash);
    }

    /** The key as a line, without a comment. */
    public String line() {
        return type + " " + base64;
    }
}
