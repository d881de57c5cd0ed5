package io.machinemanager.ssh;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The rule for addresses of machines: a DNS name (RFC 1123, section 2.1, and the underscore that container networks use),
 * an IPv4 address of four decimal numbers, or an IPv6 address (RFC 4291, section 2.2) without brackets and zone. So no
 * address begins with a hyphen, and no program takes one for an option or a pattern.
 */
public final class Host {

    private static final int MAX_LENGTH = 253;
    private static final Pattern LABELS = Pattern.compile("(?:" + label() + "\\.)*" + label());
    private static final Pattern LAST_LABEL_NUMERIC = Pattern.compile("(?:.*\\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)");
    private static final Pattern IPV4 = Pattern.compile("(?:" + octet() + "\\.){3}" + octet());
    private static final Pattern LOCAL_NAME = Pattern
            .compile("(?:.+\\.)?localhost(?:[46]|\\.localdomain)?|ip6-(?:localhost|loopback)");
    private static final String LOOPBACK = "127.0.0.1";
    private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

    private Host() {
    }

    /** Says in one sentence what is wrong with an address; empty when it may be used. */
    public static Optional<String> problemWith(String host) {
        boolean allowed = host.indexOf(':') >= 0 ? isIpv6(host) : isIpv4(host) || isName(host);
        return allowed
                ? Optional.empty()
                : Optional.of("A host is a DNS name, an IPv4 address or an IPv6 address without brackets.");
    }

    /**
     * Returns the same text for all spellings of an address: names in any case and with or without a dot at the end, IP
     * addresses in any notation, and all names and addresses of the own host.
     *
     * @param host an address without a {@linkplain #problemWith problem}
     */
    public static String normalise(String host) {
        String name = host.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
        if (LOCAL_NAME.matcher(name).matches()) {
            return LOOPBACK;
        }
        if (!isIpv4(name) && !isIpv6(name)) {
            return name;
        }
        // an IPv4-mapped IPv6 address becomes an IPv4 address
        InetAddress address = InetAddress.ofLiteral(name);
        return address.isAnyLocalAddress() || address.equals(Inet6Address.ofLiteral("::1"))
                ? LOOPBACK
                : address.getHostAddress();
    }

    private static boolean isName(String host) {
        // programs read a name that ends in a number as an unusual form of an IPv4 address (RFC 3696, section 2)
        return host.length() <= MAX_LENGTH && LABELS.matcher(host).matches()
                && !LAST_LABEL_NUMERIC.matcher(host).matches();
    }

    private static boolean isIpv4(String host) {
        return IPV4.matcher(host).matches();
    }

    private static boolean isIpv6(String host) {
        if (!IPV6_CHARACTERS.matcher(host).matches()) {
            return false;
        }
        try {
            Inet6Address.ofLiteral(host);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String label() {
        return "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
    }

    private static String octet() {
        return "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    }
}
