package io.machinemanager.account.ansible;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnsibleVersionTest {

    @ParameterizedTest
    @ValueSource(strings = {"ansible-playbook [core 2.14.18]", "ansible-playbook [core 2.19.11]\n  config file = None",
            "ansible-playbook [core 2.20.0.dev0]", "ansible-playbook [core 3.0.0]" })
    void newEnoughVersionIsNoProblem(String output) {
        assertThat(AnsibleVersion.problemWithVersion(output)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ansible-playbook [core 2.13.9]", "ansible-playbook 2.9.27",
            "ansible-playbook [core 1.20.0]",
            "", "usage: something else" })
    void olderOrOtherProgramIsAProblem(String output) {
        assertThat(AnsibleVersion.problemWithVersion(output)).hasValueSatisfying(
                problem -> assertThat(problem).startsWith("Account work needs ansible-core 2.14 or newer"));
    }

    @Test
    void installedProgramsAreFound() {
        assertThat(AnsibleVersion.problemWith("ansible-playbook")).isEmpty();
    }

    @Test
    void killedProgramIsStartedAgain(@TempDir Path folder) throws IOException {
        Path program = folder.resolve("ansible-playbook");
        Files.writeString(program, """
                #!/bin/sh
                if mkdir %s/once 2>/dev/null; then kill -9 $$; fi
                echo 'ansible-playbook [core 2.14.18]'
                """.formatted(folder));
        program.toFile().setExecutable(true);

        assertThat(AnsibleVersion.problemWith(program.toString())).isEmpty();
    }

    @Test
    void missingProgramIsAProblemThatNamesWhatToInstall() {
        assertThat(AnsibleVersion.problemWith("/nonexistent/ansible-playbook")).hasValueSatisfying(
                problem -> assertThat(problem).contains("/nonexistent/ansible-playbook", "install ansible-core"));
        assertThat(AnsibleVersion.problemWith("/bin/false")).isPresent();
    }

    @Test
    void homeOfTheServicesUserMayBeMissing(@TempDir Path folder) throws IOException {
        Path playbook = program(folder, """
                if [ -w "${ANSIBLE_LOCAL_TEMP:-/nonexistent}" ]; then echo 'ansible-playbook [core 2.19.1]'; exit; fi
                echo 'ERROR: Unable to create local directories(/nonexistent/.ansible/tmp)'; exit 5""");

        assertThat(AnsibleVersion.problemWith(playbook.toString())).isEmpty();
    }

    @Test
    void programThatFailsIsQuoted(@TempDir Path folder) throws IOException {
        Path playbook = program(folder, "echo 'ModuleNotFoundError: No module named ansible'; exit 1");

        assertThat(AnsibleVersion.problemWith(playbook.toString()))
                .hasValueSatisfying(problem -> assertThat(problem).contains("No module named ansible"));
    }

    private static Path program(Path folder, String script) throws IOException {
        Path program = Files.writeString(folder.resolve("ansible-playbook"), "#!/bin/sh\n" + script + "\n");
        return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }
}
