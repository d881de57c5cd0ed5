package io.machinemanager.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import io.machinemanager.testing.CommandResult;
import io.machinemanager.testing.Lab;

/** What the build of a service made, laid out as it is shipped. */
final class ServicePackage {

    static final Path ROOT = Lab.root();

    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
    private static final Path OPTIONS = ROOT.resolve("deploy/java.options");
    private static final Path CACHE_WRITER = ROOT.resolve("tools/package/aot-cache");
    private static final Path LOCK = Path.of("target", "services.lock");

    private final String module;
    private final Path built;

    private ServicePackage(String module) {
        this.module = module;
        // The build tells where the services are; an IDE does not.
        built = Path.of(System.getProperty("acceptance." + module, ROOT.resolve(module).resolve("target").toString()));
    }

    /** The package of the service of that Maven module. */
    static ServicePackage of(String module) {
        return new ServicePackage(module);
    }

    /** The native binary. */
    Path binary() {
        try (Stream<Path> files = Files.list(built)) {
            return files.filter(file -> file.toString().endsWith("-runner")).findFirst()
                    .orElseThrow(() -> new IllegalStateException("There is no native binary in " + built));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The folder of the jars. */
    Path jars() {
        return built.resolve("quarkus-app");
    }

    /** The command that runs the service on a JVM: with its AOT cache, as the images and packages have it. */
    List<String> javaCommand() {
        Path cache = aotCache();
        return List.of(JAVA.toString(), "@" + OPTIONS, "-XX:AOTCache=" + cache, "-jar",
                cache.resolveSibling("quarkus-run.jar").toString());
    }

    /** The AOT cache, which halves the time of each start. It is made once for each build. */
    private Path aotCache() {
        Path folder = jars().toAbsolutePath();
        // Several JVMs run tests at the same time.
        synchronized (ServicePackage.class) {
            try (FileChannel channel = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = channel.lock()) {
                CommandResult result = CommandResult.of(new ProcessBuilder(CACHE_WRITER.toString(), "--keep",
                        JAVA.toString(), OPTIONS.toString(), folder.toString()), Duration.ofMinutes(5));
                if (!result.succeeded()) {
                    throw new IllegalStateException("aot-cache: " + result.errors());
                }
                return folder.resolve("app.aot");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
