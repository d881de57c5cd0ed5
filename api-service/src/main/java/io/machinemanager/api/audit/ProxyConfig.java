package io.machinemanager.api.audit;

import java.util.List;
import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** The settings of proxies in front of the API. */
@ConfigMapping(prefix = "proxies")
interface ProxyConfig {

    /**
     * {@code TRUSTED_PROXIES}: the proxies whose {@code X-Forwarded-For} is believed: addresses, CIDR ranges and names; empty
     * means none.
     */
    @WithDefault("127.0.0.1,::1")
    Optional<List<String>> trusted();
}
