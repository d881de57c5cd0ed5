package io.machinemanager.account.ansible;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.process.ProgramOutput;

/** Tells before the first reservation whether account work can be done at all. */
public final class AnsibleVersion {

    private static final Pattern VERSION = Pattern.compile("ansible-playbook \\[core (\\d+)\\.(\\d+)");
    private static final int OLDEST_MAJOR = 2;
    private static final int OLDEST_MINOR = 14;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int TRIES = 3;
    // From here on a status means that a signal ended the program.
    private static final int KILLED = 128;

    private AnsibleVersion() {
    }

    /**
     * What is wrong with the programs that account work needs. Starts them, which takes about a second.
     *
     * @param playbook the path or name of ansible-playbook, as {@link AccountConfig#playbook()} has it
     * @return one sentence that names what to install; nothing when all is well
     */
    public static Optional<String> problemWith(String playbook) {
        return answerOf(playbook, "--version")
                .map(answer -> problemWithVersion(answer.output()))
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
        return answerOf(program, option).filter(answer -> answer.status() == 0).isPresent()
                ? Optional.empty()
                : Optional.of("Account work needs %s: install %s.".formatted(program, toInstall));
    }

    /**
     * What a program said; nothing when it cannot be started. One that was killed, as on a host short of memory, says
     * nothing about what is installed: it is asked again.
     */
    private static Optional<Answer> answerOf(String... command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        ProgramOutput.cleanEnvironment(builder.environment());
        // Ansible makes a folder before it says anything, and the home of a service's user may not be there.
        builder.environment().put("ANSIBLE_LOCAL_TEMP", System.getProperty("java.io.tmpdir"));
        try {
            for (int attempt = 1;; attempt++) {
                Process process = builder.start();
                String output = ProgramOutput.of(process, "", PATIENCE);
                if (process.waitFor() < KILLED || attempt == TRIES) {
                    return Optional.of(new Answer(process.exitValue(), output));
                }
            }
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private record Answer(int status, String output) {
    }
}
