package io.machinemanager.api.http;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The methods that each address takes. The framework does not give access to them, and a 405 has to name them (RFC 9110,
 * section 15.5.6).
 */
final class AllowedMethods {

    private static final List<Address> ADDRESSES = List.of(
            new Address("/(healthz|openapi|whoami|available|labels|audit)", "GET, HEAD"),
            new Address("/(login|logout|token/refresh)", "POST"),
            new Address("/whoami/password", "PUT"), new Address("/whoami/api-keys", "GET, HEAD, POST"),
            new Address("/whoami/api-keys/[^/]+", "DELETE"), new Address("/users/[^/]+/api-keys", "GET, HEAD"),
            new Address("/users/[^/]+/api-keys/[^/]+", "DELETE"),
            new Address("/whoami/ssh-keys|/users/[^/]+/ssh-keys", "GET, HEAD, PUT"),
            new Address("/(users|machines|reservations|groups)", "GET, HEAD, POST"),
            new Address("/requests", "GET, HEAD"),
            new Address("/(users|machines|reservations|groups|requests)/[^/]+", "GET, HEAD, PATCH, DELETE"),
            new Address("/groups/[^/]+/members/[^/]+", "PUT, DELETE"),
            new Address("/requests/[^/]+/(keepalive|password)", "POST"),
            new Address("/requests/[^/]+/ssh-config", "GET, HEAD"),
            new Address("/reserve", "GET"), new Address("/release_all", "GET, POST"));

    private AllowedMethods() {
    }

    /** The methods of an address, in the form of an {@code Allow} header. */
    static Optional<String> of(String path) {
        return ADDRESSES.stream().filter(address -> address.pattern.matcher(path).matches())
                .map(address -> address.methods + ", OPTIONS").findFirst();
    }

    private record Address(Pattern pattern, String methods) {

        Address(String pattern, String methods) {
            this(Pattern.compile("(?:" + pattern + ")/?"), methods);
        }
    }
}
