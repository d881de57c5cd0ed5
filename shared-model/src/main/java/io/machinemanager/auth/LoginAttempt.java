package io.machinemanager.auth;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.apache.commons.codec.digest.DigestUtils;

/**
 * An attempt to log in, and the keys under which its failures are counted. Keys are hashes: a name may be a password that
 * was typed into the wrong field.
 *
 * @param username the name that was given, of a user or not
 * @param address the client's address, if known
 */
public record LoginAttempt(String username, Optional<String> address) {

    /** How many times more failures are allowed when only the user, or only the network, is the same. */
    static final int WIDE_FACTOR = 10;

    /** A /48 is the largest network that one customer usually gets. A single IPv6 address or a /64 is changed at will. */
    private static final int IPV6_NETWORK_BYTES = 6;

    /** The key of failures of this user from this network. */
    String userAtNetworkKey() {
        return key("pair", username, network());
    }

    /** The key of failures of this user from anywhere. */
    String userKey() {
        return key("account", username);
    }

    /** The key of failures of any user from this network. It identifies the network. */
    String networkKey() {
        return key("network", network());
    }

    /** The key of the fact that this user has logged in from this network. */
    String knownKey() {
        return key("known", username, network());
    }

    /** All keys. */
    List<String> keys() {
        return List.of(userAtNetworkKey(), userKey(), networkKey(), knownKey());
    }

    /**
     * How many failures each key allows. A user is never locked out at a known network by failures elsewhere or of other
     * users.
     *
     * @param maxFailures the limit for this user from this network
     * @param known whether the user has logged in from this network
     */
    Map<String, Integer> limits(int maxFailures, boolean known) {
        Map<String, Integer> limits = new LinkedHashMap<>();
        limits.put(userAtNetworkKey(), maxFailures);
        if (!known) {
            limits.put(userKey(), maxFailures * WIDE_FACTOR);
            limits.put(networkKey(), maxFailures * WIDE_FACTOR);
        }
        return limits;
    }

    private String network() {
        return address.map(LoginAttempt::networkOf).orElse("");
    }

    private static String networkOf(String address) {
        try {
            byte[] bytes = InetAddress.ofLiteral(address).getAddress();
            return HexFormat.of()
                    .formatHex(bytes.length > 4 ? Arrays.copyOf(bytes, IPV6_NETWORK_BYTES) : bytes);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static String key(String... parts) {
        return DigestUtils.sha256Hex(String.join("\0", parts));
    }
}
