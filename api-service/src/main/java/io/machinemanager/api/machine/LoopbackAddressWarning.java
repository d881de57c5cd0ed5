package io.machinemanager.api.machine;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Warns of a loopback address when the service runs in a container: there it means the container, never its host. */
@ApplicationScoped
class LoopbackAddressWarning {

    private static final Pattern NAME = Pattern
            .compile("(.*\\.)?localhost(\\.localdomain)?|ip6-localhost|ip6-loopback");

    private final List<Path> marks;

    /** @param marks files that exist in a container only: Docker makes the first, Podman the second */
    LoopbackAddressWarning(
            @ConfigProperty(name = "container.marks", defaultValue = "/.dockerenv,/run/.containerenv") List<Path> marks) {
        this.marks = marks;
    }

    /** The warning; nothing when the address may be right. */
    Optional<String> warning(String host) {
        return host != null && isOwn(host) && marks.stream().anyMatch(Files::exists)
                ? Optional.of(
                        "%s is the container in which this service runs, not its host. For a machine on that host write"
                                .formatted(host) + " host.docker.internal or the host's address.")
                : Optional.empty();
    }

    private static boolean isOwn(String host) {
        if (NAME.matcher(host.toLowerCase(Locale.ROOT)).matches()) {
            return true;
        }
        try {
            InetAddress address = InetAddress.ofLiteral(host);
            return address.isLoopbackAddress() || address.isAnyLocalAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
