package io.machinemanager.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is shipped tells nothing about the host on which it was built. */
class PackageIT {

    private static final String MARK = "/a/folder/of/the/builder";

    private static List<Path> jars(String module) throws IOException {
        try (var files = Files.walk(ServicePackage.of(module).jars())) {
            return files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
    }

    /** Ours and what Quarkus generates; other jars are as their makers published them. */
    private static boolean isMadeHere(Path jar) {
        String name = jar.getFileName().toString();
        return !jar.toString().contains("/lib/") || name.startsWith("io.machinemanager");
    }

    private static List<byte[]> contents(String module) throws IOException {
        List<byte[]> contents = new ArrayList<>();
        if (PackagedService.NATIVE) {
            contents.add(Files.readAllBytes(ServicePackage.of(module).binary()));
            return contents;
        }
        for (Path jar : jars(module).stream().filter(PackageIT::isMadeHere).toList()) {
            try (InputStream file = Files.newInputStream(jar); ZipInputStream zip = new ZipInputStream(file)) {
                for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                    contents.add(zip.readAllBytes());
                }
            }
        }
        return contents;
    }

    @ParameterizedTest
    @ValueSource(strings = {"api-service", "scheduler-service" })
    void itHoldsNeitherThePathNorTheFolderOfItsBuild(String module) throws IOException {
        List<byte[]> contents = contents(module);

        assertThat(contents).isNotEmpty()
                .allSatisfy(content -> assertThat(new String(content, StandardCharsets.ISO_8859_1)
                        .contains(ServicePackage.ROOT.toString())).as("the folder of the build").isFalse());
        assertThat(contents).allSatisfy(content -> assertThat(new String(content, StandardCharsets.ISO_8859_1)
                .contains(System.getenv("PATH"))).as("PATH").isFalse());
    }

    /** A native image keeps the configuration with which it is built; without its compiler a JVM can show what that is. */
    @ParameterizedTest
    @ValueSource(strings = {"api-service", "scheduler-service" })
    @Tag("deep")
    void theConfigurationOfAnImageBuildKnowsNothingOfItsBuilder(String module) throws Exception {
        if (PackagedService.NATIVE) {
            return; // the other test reads the binary itself
        }
        List<String> classPath = new ArrayList<>(jars(module).stream().map(Path::toString).toList());
        classPath.add(Path.of("target", "test-classes").toAbsolutePath().toString());
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dorg.graalvm.nativeimage.imagecode=buildtime",
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager", "-cp", String.join(":", classPath),
                ImageBuild.class.getName()).redirectErrorStream(true);
        builder.environment().put("PATH", MARK);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("quarkus.application.name=").doesNotContain(MARK, ServicePackage.ROOT.toString());
    }

    /** Does what the compiler of a native image does before it compiles, and prints the configuration that it would keep. */
    static final class ImageBuild {

        private ImageBuild() {
        }

        public static void main(String... arguments) throws ClassNotFoundException {
            Class.forName("io.quarkus.runner.ApplicationImpl");
            for (ConfigSource source : ConfigProvider.getConfig().getConfigSources()) {
                System.out.println(source.getName());
                // System properties are not kept, but asked for each time.
                if (!source.getName().equals("SysPropConfigSource")) {
                    source.getProperties().forEach((name, value) -> System.out.println(name + "=" + value));
                }
            }
        }
    }
}
