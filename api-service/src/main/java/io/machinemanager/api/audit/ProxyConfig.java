package io.machinemanager.api.audit;

import java.util.List;
import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an operator may set about proxies in front of the API. */
@ConfigMapping(prefix = "proxies")
interface ProxyConfig {

    /**
     * {@code TRUSTED_PROXIES}: who may say in {@code X-Forwarded-For} for whom it calls: addresses, CIDR ranges and names;
     * empty means none.
     */
    @WithDefault("127.0.0.1,::1")
    Optional<List<String>> trusted();
}
