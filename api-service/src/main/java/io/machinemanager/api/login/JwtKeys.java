package io.machinemanager.api.login;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.eclipse.microprofile.config.spi.ConfigSource;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;

/**
 * Hands the secrets of {@link JwtConfig} to the JWT library, which takes keys as JSON only: the current one to sign with,
 * and all of them to verify with.
 */
public class JwtKeys implements ConfigSourceFactory {

    /** Above application.properties and the environment, so that there is one way to set the keys. */
    private static final int ORDINAL = 450;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        JwtKey current = new JwtKey(value(context, "jwt.secret").orElse(JwtKey.DEVELOPMENT_SECRET));
        List<JwtKey> all = value(context, "jwt.secret-previous").map(JwtKey::new)
                .filter(previous -> !previous.equals(current)).map(previous -> List.of(current, previous))
                .orElse(List.of(current));
        String set = "{\"keys\":[" + String.join(",", all.stream().map(JwtKey::toJwk).toList()) + "]}";
        return List.of(new PropertiesConfigSource(
                Map.of("smallrye.jwt.sign.key", current.toJwk(), "smallrye.jwt.verify.secretkey", set), "JWT keys",
                ORDINAL));
    }

    private static Optional<String> value(ConfigSourceContext context, String name) {
        return Optional.ofNullable(context.getValue(name)).map(ConfigValue::getValue).filter(text -> !text.isBlank());
    }
}
