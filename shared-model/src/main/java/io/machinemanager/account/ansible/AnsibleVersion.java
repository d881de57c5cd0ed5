package io.machinemanager.account.ansible;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.process.ProgramOutput;

/** Checks that the programs of the Ansible driver are installed. */
public final class AnsibleVersion {

    private static final Pattern VERSION = Pattern.compile("ansible-playbook \\[core (\\d+)\\.(\\d+)");
    private static final int OLDEST_MAJOR = 2;
    private static final int OLDEST_MINOR = 14;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int MAX_ATTEMPTS = 3;
    // The lowest exit status that means that a signal ended the program.
    private static final int KILLED = 128;

    private AnsibleVersion() {
    }

    /**
     * Says what is wrong with the programs of the Ansible driver. Starts them, which takes about a second.
     *
     * @param playbook the path or name of ansible-playbook, as {@link AccountConfig#playbook()} has it
     * @return one sentence that names the package to install; empty when all programs work
     */
    public static Optional<String> problemWith(String playbook) {
        return run(playbook, "--version")
                .map(output -> problemWithVersion(output.text()))
                .orElseGet(() -> Optional
                        .of(("Account work needs Ansible, and %s cannot be run: install ansible-core %d.%d "
                                + "or newer, or set ANSIBLE_PLAYBOOK.")
                                .formatted(playbook, OLDEST_MAJOR, OLDEST_MINOR)))
                .or(() -> problemWithProgram("sshpass", "-V", "sshpass"))
                .or(() -> problemWithProgram("ssh", "-V", "openssh-client"));
    }

    static Optional<String> problemWithVersion(String output) {
        return VERSION.matcher(output).results().findFirst().map(AnsibleVersion::isNewEnough).orElse(false)
                ? Optional.empty()
                : Optional.of("Account work needs ansible-core %d.%d or newer; found is: %s".formatted(OLDEST_MAJOR,
                        OLDEST_MINOR, output.lines().findFirst().orElse("no answer")));
    }

    private static boolean isNewEnough(MatchResult version) {
        int major = Integer.parseInt(version.group(1));
        return major > OLDEST_MAJOR
                || major == OLDEST_MAJOR && Integer.parseInt(version.group(2)) >= OLDEST_MINOR;
    }

    private static Optional<String> problemWithProgram(String program, String option, String toInstall) {
        return run(program, option).filter(output -> output.status() == 0).isPresent()
                ? Optional.empty()
                : Optional.of("Account work needs %s: install %s.".formatted(program, toInstall));
    }

    /**
     * The output of a program; empty when it cannot be started. A program that was killed, as on a host that is short of
     * memory, is started again.
     */
    private static Optional<Output> run(String... command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        ProgramOutput.cleanEnvironment(builder.environment());
        // Ansible makes a folder before any output, and the home of the service's user may not exist.
        builder.environment().put("ANSIBLE_LOCAL_TEMP", System.getProperty("java.io.tmpdir"));
        try {
            for (int attempt = 1;; attempt++) {
                Process process = builder.start();
                String output = ProgramOutput.of(process, "", TIMEOUT);
                if (process.waitFor() < KILLED || attempt == MAX_ATTEMPTS) {
                    return Optional.of(new Output(process.exitValue(), output));
                }
            }
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private record Output(int status, String text) {
    }
}
