package io.machinemanager.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The data folder of a newly installed MariaDB. Installing takes far longer than starting a server, so the first JVM
 * that needs the folder makes it, in the {@code target} folder of the project, and every server starts from a copy.
 */
final class MariaDbInstallation {

    private static final Pattern VERSION = Pattern.compile("Ver (\\S+)");

    private MariaDbInstallation() {
    }

    /** The folder for the installed server; it is made unless it is there. */
    static synchronized Path folder() throws IOException {
        Path parent = Files.createDirectories(Lab.root().resolve("target/mariadb"));
        Path installation = parent.resolve(version());
        // Maven runs modules and JVMs at the same time.
        try (FileChannel channel = FileChannel.open(parent.resolve("lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE); var _ = channel.lock()) {
            if (!Files.exists(installation)) {
                install(parent.resolve("partial"), installation);
            }
        }
        return installation;
    }

    private static void install(Path partial, Path installation) throws IOException {
        // The server's user may be unable to reach the project's folder.
        Path work = Files.createTempDirectory("mm-mariadb-install");
        work.toFile().setExecutable(true, false);
        try {
            MariaDb.run(asServerUser("mariadb-install-db", "--no-defaults", "--datadir=" + work.resolve("data"),
                    "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=16M"));
            MariaDb.run(List.of("rm", "-rf", partial.toString()));
            MariaDb.run(List.of("cp", "-a", work.resolve("data").toString(), partial.toString()));
            Files.move(partial, installation);
        } finally {
            MariaDb.run(List.of("rm", "-rf", work.toString()));
        }
    }

    private static String version() {
        var version = VERSION.matcher(MariaDb.run(List.of("mariadbd", "--no-defaults", "--version")));
        if (!version.find()) {
            throw new UncheckedIOException(new IOException("mariadbd does not tell its version"));
        }
        return version.group(1);
    }

    /** A command of the server, which refuses to run as root. */
    static List<String> asServerUser(String... command) {
        List<String> full = new ArrayList<>(List.of(command));
        if ("root".equals(System.getProperty("user.name"))) {
            full.add("--user=mysql");
        }
        return full;
    }
}
