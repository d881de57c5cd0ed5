package io.machinemanager.api.audit;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.ssh.Host;
import io.machinemanager.startup.StartupCheck;

/**
 * Finds the address of the client behind the proxies of {@code TRUSTED_PROXIES}. Each proxy adds the address of its caller at
 * the right end of {@code X-Forwarded-For}; the entries left of it were sent by that caller and may be forged.
 */
@ApplicationScoped
class TrustedProxies implements StartupCheck {

    /** An IPv4 or IPv6 address, with the port that some proxies add. */
    private static final Pattern ADDRESS = Pattern
            .compile(
                    "\"?(?:\\[([0-9A-Fa-f:.]+)](?::\\d+)?|(\\d+(?:\\.\\d+){3})(?::\\d+)?|([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*))\"?");
    private static final Pattern RANGE = Pattern.compile("([0-9A-Fa-f:.]+)/(\\d{1,3})");

    private final List<String> names;

    TrustedProxies(ProxyConfig config) {
        this.names = config.trusted().orElse(List.of());
    }

    @Override
    public Stream<String> problems() {
        return names.stream()
                .filter(name -> range(name).isEmpty() && Host.problemWith(name).isPresent())
                .map(name -> "TRUSTED_PROXIES has an entry that is no address, CIDR range or name: %s."
                        .formatted(name));
    }

    /**
     * The rightmost address that does not belong to a trusted proxy.
     *
     * @param peer the address of the connection
     * @param forwardedFor the headers of the request in their order
     */
    String client(String peer, List<String> forwardedFor) {
        List<String> calledFrom = forwardedFor.stream().flatMap(header -> Arrays.stream(header.split(",", -1)))
                .toList().reversed();
        InetAddress client = literal(peer).orElse(null);
        if (client == null) {
            return peer;
        }
        for (String entry : calledFrom) {
            Optional<InetAddress> next = literal(entry.strip());
            if (next.isEmpty() || !isTrusted(client)) {
                break;
            }
            client = next.get();
        }
        return client.getHostAddress();
    }

    private boolean isTrusted(InetAddress address) {
        return names.stream().anyMatch(name -> parse(name).map(address::equals)
                .or(() -> range(name).map(range -> range.test(address))).orElseGet(() -> hasAddress(name, address)));
    }

    /** The address of a name, such as a container's, may change at any time. The JVM caches it for 30 s. */
    private static boolean hasAddress(String name, InetAddress address) {
        try {
            return Arrays.asList(InetAddress.getAllByName(name)).contains(address);
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static Optional<InetAddress> literal(String text) {
        Matcher address = ADDRESS.matcher(text);
        return address.matches()
                ? Stream.of(1, 2, 3).map(address::group).filter(found -> found != null).findFirst()
                        .flatMap(TrustedProxies::parse)
                : Optional.empty();
    }

    private static Optional<InetAddress> parse(String address) {
        try {
            return Optional.of(InetAddress.ofLiteral(address));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<Predicate<InetAddress>> range(String text) {
        Matcher range = RANGE.matcher(text);
        if (!range.matches()) {
            return Optional.empty();
        }
        int bits = Integer.parseInt(range.group(2));
        return parse(range.group(1)).map(InetAddress::getAddress).filter(network -> bits <= network.length * 8)
                .map(network -> address -> isIn(address.getAddress(), network, bits));
    }

    private static boolean isIn(byte[] address, byte[] network, int bits) {
        if (address.length != network.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> bit % 8;
            if ((address[bit / 8] & mask) != (network[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
