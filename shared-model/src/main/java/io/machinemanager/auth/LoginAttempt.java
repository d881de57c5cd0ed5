package io.machinemanager.auth;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

import org.apache.commons.codec.digest.DigestUtils;

/**
 * Somebody who says to be a user.
 *
 * @param username the name that was given, of a user or not
 * @param address the client's address, if it is known
 */
public record LoginAttempt(String username, Optional<String> address) {

    /** The largest network that one customer usually gets, a /48: an address of IPv6 alone, or a /64, says nothing. */
    private static final int IPV6_NETWORK_BYTES = 6;

    /** Wrong passwords for this user from this address. */
    String pair() {
        return id("pair", username, network());
    }

    /** Wrong passwords for this user from anywhere. */
    String account() {
        return id("account", username);
    }

    /** Wrong passwords from this address for anybody; it names the network too. */
    String everybody() {
        return id("network", network());
    }

    /** That this user logged in from this address. */
    String known() {
        return id("known", username, network());
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

    private static String id(String... parts) {
        return DigestUtils.sha256Hex(String.join("\0", parts));
    }
}
