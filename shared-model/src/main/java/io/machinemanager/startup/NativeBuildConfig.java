package io.machinemanager.startup;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.eclipse.microprofile.config.spi.ConfigSource;
import org.eclipse.microprofile.config.spi.ConfigSourceProvider;

import io.quarkus.runtime.ImageMode;
import io.quarkus.runtime.annotations.StaticInitSafe;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.PropertiesConfigSourceLoader;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;
import io.smallrye.config.SysPropConfigSource;

/**
 * Keeps the builder's environment and folders out of a native image. The configuration with which the image is built stays
 * in it, although the process reads its own when it starts. Its sources hold PATH and PWD of the builder, and files of
 * properties are named by their place there.
 */
@StaticInitSafe
public class NativeBuildConfig implements SmallRyeConfigBuilderCustomizer {

    /** Each with the ordinal that it has at the start of a process. */
    private static final Map<String, Integer> FILES = Map.of("application.properties", 250,
            "META-INF/microprofile-config.properties", 100);

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        if (ImageMode.current() != ImageMode.NATIVE_BUILD) {
            return;
        }
        // instead of the default sources: these are the same without the environment
        builder.setAddDefaultSources(false).setAddSystemSources(false).setAddPropertiesSources(false)
                .withSources(new SysPropConfigSource())
                .withSources(loader -> FILES.entrySet().stream()
                        .flatMap(file -> PropertiesConfigSourceLoader
                                .inClassPath(file.getKey(), file.getValue(), loader).stream())
                        .toList());
        builder.getSourceProviders().replaceAll(provider -> loader -> withoutPlaces(provider, loader));
    }

    private static List<ConfigSource> withoutPlaces(ConfigSourceProvider provider, ClassLoader loader) {
        List<ConfigSource> sources = new ArrayList<>();
        provider.getConfigSources(loader).forEach(source -> sources.add(source instanceof PropertiesConfigSource
                ? new PropertiesConfigSource(source.getProperties(), "properties of the build", source.getOrdinal())
                : source));
        return sources;
    }

    /** After all that adds sources. */
    @Override
    public int priority() {
        return Integer.MAX_VALUE;
    }
}
