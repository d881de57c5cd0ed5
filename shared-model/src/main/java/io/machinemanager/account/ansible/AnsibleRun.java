package io.machinemanager.account.ansible;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.ScriptLimits;
import io.machinemanager.account.process.PrivateFiles;
import io.machinemanager.account.process.ProcessTree;
import io.machinemanager.account.process.ProgramOutput;
import io.quarkus.logging.Log;

/** One run of {@code ansible-playbook}. */
final class AnsibleRun {

    private static final Duration READ_TIMEOUT = Duration.ofSeconds(5);
    private static final int MAX_LINE = 64 * 1024;
    // Exit statuses of a complete run: success, failed tasks, unreachable machines.
    private static final Set<Integer> COMPLETE = Set.of(0, 2, 4);

    private final AnsibleFiles files;
    private final AccountConfig config;
    private final List<AccountTask> tasks;
    private final BiConsumer<Integer, AccountResult> onResult;
    private final int forks;
    private final Duration limit;
    private volatile String firstError = "";

    /**
     * @param tasks the tasks, each for another machine
     * @param onResult gets the index of a task and its result, as soon as the machine has answered; called by one thread
     */
    AnsibleRun(AnsibleFiles files, AccountConfig config, List<AccountTask> tasks,
            BiConsumer<Integer, AccountResult> onResult) {
        this.files = files;
        this.config = config;
        this.tasks = tasks;
        this.onResult = onResult;
        this.forks = Math.clamp(config.forks(), 1, tasks.size());
        // Otherwise machines that hang would use up the time of those that wait for a fork.
        this.limit = config.runTimeout().multipliedBy(Math.ceilDiv(tasks.size(), forks));
    }

    /**
     * Runs and waits for the end. Afterwards no process and no file of the run is left.
     *
     * @return the result for machines that have not answered
     */
    AccountResult run() {
        Path folder = null;
        try {
            folder = files.newRun();
            PrivateFiles.write(folder.resolve("inventory.yml"),
                    AnsibleInventory.inventory(tasks, ScriptLimits.of(config, config.runTimeout()),
                            machineTimeout(config.runTimeout()), config.healthTimeout()));
            PrivateFiles.write(folder.resolve("known_hosts"), AnsibleInventory.knownHosts(tasks));
            for (var key : AnsibleInventory.keyFiles(tasks).entrySet()) {
                PrivateFiles.write(folder.resolve(key.getKey()), key.getValue());
            }
            return run(folder);
        } catch (IOException e) {
            Log.errorf("The inventory of an Ansible run could not be written: %s", e);
            return notStarted(
                    "The folder for temporary files where Machine Manager runs is full or cannot be written.");
        } finally {
            delete(folder);
        }
    }

    /** How long a machine may occupy a fork: nine tenths, so that the start of Ansible fits into the time of the run too. */
    private static Duration machineTimeout(Duration runTimeout) {
        return runTimeout.multipliedBy(9).dividedBy(10);
    }

    private AccountResult run(Path folder) {
        ProcessTree tree = new ProcessTree();
        Process process;
        try {
            process = start(folder, tree);
        } catch (IOException e) {
            Log.errorf("Ansible could not be started: %s", e.getMessage());
            return notStarted("Ansible cannot be run where Machine Manager runs: %s is missing or not a program."
                    .formatted(config.playbook()));
        }
        return await(process, tree);
    }

    private AccountResult await(Process process, ProcessTree tree) {
        Thread answers = reader(process.inputReader(StandardCharsets.UTF_8), this::answer);
        Thread errors = reader(process.errorReader(StandardCharsets.UTF_8), this::error);
        try {
            boolean ended = waitFor(process, tree);
            answers.join(READ_TIMEOUT);
            errors.join(READ_TIMEOUT);
            return ended
                    ? withoutAnswer(process.exitValue())
                    : failed("No answer within %d s.".formatted(limit.toSeconds()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new AccountResult(Outcome.RUN_LOST, "The account work was interrupted.");
        }
    }

    /** Whether the process ended by itself. Kills everything that it started, in any case. */
    private boolean waitFor(Process process, ProcessTree tree) throws InterruptedException {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            if (!tree.kill(process.toHandle())) {
                Log.errorf("Processes of the Ansible run with process id %d could not be killed", process.pid());
            }
        }
    }

    private Process start(Path folder, ProcessTree tree) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(config.playbook(), "--inventory", "inventory.yml",
                "--forks", Integer.toString(forks),
                "--timeout", Long.toString(Math.max(1, config.connectTimeout().toSeconds())), "../accounts.yml");
        builder.directory(folder.toFile()).redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        Map<String, String> environment = builder.environment();
        ProgramOutput.cleanEnvironment(environment);
        environment.put("HOME", folder.toString());
        environment.put("ANSIBLE_CONFIG", folder.resolveSibling("ansible.cfg").toString());
        tree.mark(environment);
        return builder.start();
    }

    private static Thread reader(BufferedReader output, Consumer<String> onLine) {
        return Thread.ofVirtual().name("ansible-output").start(() -> {
            try (output) {
                for (String line = output.readLine(); line != null; line = output.readLine()) {
                    accept(line, onLine);
                }
            } catch (IOException e) {
                Log.debugf("Ansible's output ended: %s", e.getMessage());
            }
        });
    }

    /** A line that cannot be read must not end the reading of the others. */
    private static void accept(String line, Consumer<String> onLine) {
        try {
            onLine.accept(line);
        } catch (RuntimeException e) {
            Log.errorf(e, "A line of Ansible's output could not be read");
        }
    }

    private void answer(String line) {
        if (line.length() <= MAX_LINE) {
            AnsibleAnswer.read(line).ifPresent(answer -> {
                for (int i = 0; i < tasks.size(); i++) {
                    if (AnsibleInventory.hostName(i).equals(answer.host())) {
                        onResult.accept(i, answer.result(tasks.get(i).action()));
                    }
                }
            });
        }
    }

    /** Keeps only the first error, because later lines may quote secret variables. */
    private void error(String line) {
        if (firstError.isEmpty() && (line.startsWith("ERROR!") || line.startsWith("[ERROR]"))) {
            firstError = line.substring(0, Math.min(line.length(), 200));
        }
    }

    private AccountResult withoutAnswer(int status) {
        String reason = firstError.isEmpty()
                ? "Ansible ended without an answer of the machine (exit status %d).".formatted(status)
                : "Ansible ended without an answer of the machine: " + firstError;
        return new AccountResult(COMPLETE.contains(status) ? Outcome.FAILED : Outcome.RUN_LOST, reason);
    }

    private static void delete(Path folder) {
        try {
            if (folder != null) {
                PrivateFiles.delete(folder);
            }
        } catch (IOException e) {
            Log.errorf("The folder %s, which holds passwords, could not be deleted: %s", folder, e.getMessage());
        }
    }

    private static AccountResult notStarted(String reason) {
        return new AccountResult(Outcome.NOT_STARTED, reason);
    }

    private static AccountResult failed(String reason) {
        return new AccountResult(Outcome.FAILED, reason);
    }
}
