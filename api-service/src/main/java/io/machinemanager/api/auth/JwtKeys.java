package io.machinemanager.api.auth;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import org.eclipse.microprofile.config.spi.ConfigSource;

import io.machinemanager.startup.SecretStrength;
import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;

/**
 * Gives the secrets of {@link JwtConfig} to the JWT library, which takes keys as JSON only: the current one for signing, and
 * all of them for verifying.
 */
public class JwtKeys implements ConfigSourceFactory {

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        JwtKey current = new JwtKey(value(context, "jwt.secret").orElse(SecretStrength.DEFAULT));
        List<JwtKey> all = value(context, "jwt.secret-previous").map(JwtKey::new)
                .filter(previous -> !previous.equals(current)).map(previous -> List.of(current, previous))
                .orElse(List.of(current));
        String set = "{\"keys\":[" + String.join(",", all.stream().map(JwtKey::toJwk).toList()) + "]}";
        return List.of(new Source(
                Map.of("smallrye.jwt.sign.key", current.toJwk(), "smallrye.jwt.verify.secretkey", set)));
    }

    private static Optional<String> value(ConfigSourceContext context, String name) {
        return Optional.ofNullable(context.getValue(name)).map(ConfigValue::getValue).filter(text -> !text.isBlank());
    }

    private record Source(Map<String, String> keys) implements ConfigSource {

        /** Above application.properties and the environment, so that there is only one way to set the keys. */
        private static final int ORDINAL = 450;

        /** None: the build makes the properties that it finds by name defaults of the package, and a key must not become one. */
        @Override
        public Set<String> getPropertyNames() {
            return Set.of();
        }

        @Override
        public String getValue(String name) {
            return keys.get(name);
        }

        @Override
        public String getName() {
            return "JWT_SECRET";
        }

        @Override
        public int getOrdinal() {
            return ORDINAL;
        }

        /** Leaves the keys out, so that they cannot reach a log by accident. */
        @Override
        public String toString() {
            return getName();
        }
    }
}
