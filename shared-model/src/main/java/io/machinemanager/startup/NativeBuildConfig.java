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
 * Keeps the environment and the folders of the build host out of a native image. The image keeps the configuration of its
 * build, although the process reads its own when it starts. Its sources would hold PATH and PWD of the build host, and the
 * names of properties files with their folders.
 */
@StaticInitSafe
public class NativeBuildConfig implements SmallRyeConfigBuilderCustomizer {

    /** The properties files, each with the ordinal that it has when a process starts. */
    private static final Map<String, Integer> FILES = Map.of("application.properties", 250,
            "META-INF/microprofile-config.properties", 100);

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        if (ImageMode.current() != ImageMode.NATIVE_BUILD) {
            return;
        }
        // the default sources without the environment
        builder.setAddDefaultSources(false).setAddSystemSources(false).setAddPropertiesSources(false)
                .withSources(new SysPropConfigSource())
                .withSources(loader -> FILES.entrySet().stream()
                        .flatMap(file -> PropertiesConfigSourceLoader
                                .inClassPath(file.getKey(), file.getValue(), loader).stream())
                        .toList());
        builder.getSourceProviders().replaceAll(provider -> loader -> withoutFolders(provider, loader));
    }

    private static List<ConfigSource> withoutFolders(ConfigSourceProvider provider, ClassLoader loader) {
        List<ConfigSource> sources = new ArrayList<>();
        provider.getConfigSources(loader).forEach(source -> sources.add(source instanceof PropertiesConfigSource
                ? new PropertiesConfigSource(source.getProperties(), "properties of the build", source.getOrdinal())
                : source));
        return sources;
    }

    /** After the customizers that add sources. */
    @Override
    public int priority() {
        return Integer.MAX_VALUE;
    }
}
