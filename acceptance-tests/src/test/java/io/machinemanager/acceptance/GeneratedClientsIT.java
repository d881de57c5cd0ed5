package io.machinemanager.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.machinemanager.testing.SshLogin;
import io.restassured.path.json.JsonPath;

/**
 * Clients that openapi-generator makes of the description that the service serves: they compile, and reserve a machine. The
 * TypeScript compiler comes from npm; the Python client needs the packages of its requirements.txt.
 */
@Tag("deep")
class GeneratedClientsIT {

    private static final String USER = "alice";
    private static final String TYPESCRIPT = "typescript@5.9.3";
    private static final Path GENERATOR = Path.of(System.getProperty("acceptance.openapi-generator"));

    private record Result(int status, String output) {

        String orFail() {
            assertThat(status).as(output).isZero();
            return output;
        }
    }

    @TempDir
    static Path folder;

    private static Installation installation;

    @BeforeAll
    static void start() {
        installation = new Installation(2, 1, Map.of());
        installation.user(USER);
        write("openapi.json", installation.call().get("/openapi").then().statusCode(200).extract().asString());
        Stream.of("reserve.py", "reserve.ts", "tsconfig.json").forEach(GeneratedClientsIT::copy);
        generator("validate", "-i", "openapi.json");
    }

    @AfterAll
    static void stop() {
        if (installation != null) {
            installation.close();
        }
    }

    private static Result run(String... command) {
        try {
            Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes());
            return new Result(process.waitFor(), output);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void pythonClientReservesAMachine() {
        generate("python", "python", "--package-name", "machine_manager_client");
        String python = python();
        run(python, "-m", "compileall", "-q", "python").orFail();

        reserves("python", "env", "PYTHONPATH=python", python, "reserve.py");
    }

    @Test
    void typescriptClientReservesAMachine() {
        String[] compiler = {"npx", "--yes", "--loglevel=error", "--package", TYPESCRIPT, "--", "tsc" };
        Result npx = run("bash", "-c", "command -v npx node && " + String.join(" ", compiler) + " --version");
        assumeTrue(npx.status() == 0, "npm cannot fetch TypeScript here: " + npx.output());
        generate("typescript-fetch", "client");
        run(Stream.concat(Stream.of(compiler), Stream.of("--project", ".")).toArray(String[]::new)).orFail();

        reserves("typescript", "node", "compiled/reserve.js");
    }

    private void reserves(String language, String... client) {
        String output = run(Stream.concat(Stream.of(client),
                Stream.of(installation.url(), USER, "a password of " + USER)).toArray(String[]::new)).orFail();

        JsonPath lease = JsonPath.from(output);
        assertThat(lease.getString("note")).isEqualTo(language);
        assertThat(lease.getString("error")).isEqualTo("not_found");
        assertThat(new SshLogin(installation.machine(lease.getString("machine")), lease.getString("account"),
                lease.getString("password")).works()).isTrue();
    }

    private static void generate(String generator, String output, String... options) {
        generator(Stream.concat(Stream.of("generate", "-i", "openapi.json", "-g", generator, "-o", output,
                "--global-property", "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false"),
                Stream.of(options)).toArray(String[]::new));
    }

    private static void generator(String... arguments) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        run(Stream.concat(Stream.of(java, "-jar", GENERATOR.toString()), Stream.of(arguments)).toArray(String[]::new))
                .orFail();
    }

    /** A Python that has what the client needs, in a virtual environment if the one of this host has not. */
    private String python() {
        String needed = "import dateutil, typing_extensions, urllib3; from pydantic import field_validator";
        if (run("python3", "-c", needed).status() == 0) {
            return "python3";
        }
        Result installed = run("bash", "-c",
                "python3 -m venv environment && environment/bin/pip install -q -r python/requirements.txt");
        assumeTrue(installed.status() == 0,
                "pip cannot fetch what the Python client needs, so it was not tried: " + installed.output());
        return "environment/bin/python";
    }

    private static void copy(String file) {
        try (InputStream resource = GeneratedClientsIT.class.getResourceAsStream("/clients/" + file)) {
            Files.copy(resource, folder.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(String file, String content) {
        try {
            Files.writeString(folder.resolve(file), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
