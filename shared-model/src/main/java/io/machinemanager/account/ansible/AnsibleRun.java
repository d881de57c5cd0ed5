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

/** One run of ansible-playbook. */
public final class AnsibleRun {

    private static final Duration READERS_PATIENCE = Duration.ofSeconds(5);
    private static final int LONGEST_LINE = 64 * 1024;
    // All went well, or not on all machines, or some could not be reached: a run that came to its end.
    private static final Set<Integer> ORDERLY = Set.of(0, 2, 4);

    private final AnsibleFiles files;
    private final AccountConfig config;
    private final List<AccountTask> tasks;
    private final BiConsumer<Integer, AccountResult> onResult;
    private final int atOnce;
    private final Duration limit;
    private volatile String complaint = "";

    /**
     * @param tasks what is to be done, each for another machine
     * @param onResult is called with the place of a task as soon as its machine has answered, from one thread
     */
    AnsibleRun(AnsibleFiles files, AccountConfig config, List<AccountTask> tasks,
            BiConsumer<Integer, AccountResult> onResult) {
        this.files = files;
        this.config = config;
        this.tasks = tasks;
        this.onResult = onResult;
        this.atOnce = Math.clamp(config.forks(), 1, tasks.size());
        // else machines that hang would spend the time of those that wait for their turn
        this.limit = config.runTimeout().multipliedBy(Math.ceilDiv(tasks.size(), atOnce));
    }

    /**
     * Runs and waits for the end. Nothing of the run is left afterwards: no process, no file.
     *
     * @return what is to be said of the machines that have not answered
     */
    AccountResult run() {
        Path folder = null;
        try {
            folder = files.newRun();
            PrivateFiles.write(folder.resolve("inventory.yml"),
                    AnsibleInventory.inventory(tasks, ScriptLimits.of(config, config.runTimeout()),
                            turnOf(config.runTimeout()), config.healthTimeout()));
            PrivateFiles.write(folder.resolve("known_hosts"), AnsibleInventory.knownHosts(tasks));
            for (var key : AnsibleInventory.keyFiles(tasks).entrySet()) {
                PrivateFiles.write(folder.resolve(key.getKey()), key.getValue());
            }
            return run(folder);
        } catch (IOException e) {
            Log.errorf("The variables of account work could not be written: %s", e);
            return notStarted(
                    "The folder for temporary files where Machine Manager runs is full or cannot be written.");
        } finally {
            delete(folder);
        }
    }

    /** For how long a machine that hangs keeps others waiting: so that all turns, and the start, fit into the run. */
    private static Duration turnOf(Duration runTimeout) {
        return runTimeout.multipliedBy(9).dividedBy(10);
    }

    private AccountResult run(Path folder) {
        ProcessTree tree = new ProcessTree();
        Process process;
        try {
            process = start(folder, tree);
        } catch (IOException e) {
            Log.errorf("Account work could not be started: %s", e.getMessage());
            return notStarted("Ansible cannot be run where Machine Manager runs: %s is missing or not a program."
                    .formatted(config.playbook()));
        }
        return await(process, tree);
    }

    private AccountResult await(Process process, ProcessTree tree) {
        Thread answers = reader(process.inputReader(StandardCharsets.UTF_8), this::answer);
        Thread complaints = reader(process.errorReader(StandardCharsets.UTF_8), this::complain);
        try {
            boolean ended = waitFor(process, tree);
            answers.join(READERS_PATIENCE);
            complaints.join(READERS_PATIENCE);
            return ended
                    ? withoutAnswer(process.exitValue())
                    : failed("No answer within %d s.".formatted(limit.toSeconds()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new AccountResult(Outcome.RUN_LOST, "The account work was interrupted.");
        }
    }

    /** Whether it ended by itself. Also then something that it has started may be left. */
    private boolean waitFor(Process process, ProcessTree tree) throws InterruptedException {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            if (!tree.kill(process.toHandle())) {
                Log.errorf("Processes of the Ansible run %d do not end", process.pid());
            }
        }
    }

    private Process start(Path folder, ProcessTree tree) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(config.playbook(), "--inventory", "inventory.yml",
                "--forks", Integer.toString(atOnce),
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
                    take(line, onLine);
                }
            } catch (IOException e) {
                Log.debugf("Ansible's output ended: %s", e.getMessage());
            }
        });
    }

    /** What one machine has said must not lose what the others say. */
    private static void take(String line, Consumer<String> onLine) {
        try {
            onLine.accept(line);
        } catch (RuntimeException e) {
            Log.errorf(e, "A line of Ansible's output could not be read");
        }
    }

    private void answer(String line) {
        if (line.length() <= LONGEST_LINE) {
            AnsibleAnswer.read(line).ifPresent(answer -> {
                for (int i = 0; i < tasks.size(); i++) {
                    if (AnsibleInventory.hostName(i).equals(answer.host())) {
                        onResult.accept(i, answer.result(tasks.get(i).action()));
                    }
                }
            });
        }
    }

    /** Keeps the first error only: what follows it may quote the variables. */
    private void complain(String line) {
        if (complaint.isEmpty() && (line.startsWith("ERROR!") || line.startsWith("[ERROR]"))) {
            complaint = line.substring(0, Math.min(line.length(), 200));
        }
    }

    private AccountResult withoutAnswer(int status) {
        String reason = complaint.isEmpty()
                ? "Ansible ended without an answer of the machine (exit status %d).".formatted(status)
                : "Ansible ended without an answer of the machine: " + complaint;
        return new AccountResult(ORDERLY.contains(status) ? Outcome.FAILED : Outcome.RUN_LOST, reason);
    }

    private static void delete(Path folder) {
        try {
            if (folder != null) {
                PrivateFiles.delete(folder);
            }
        } catch (IOException e) {
            Log.errorf("The folder %s, which holds passwords, could not be removed: %s", folder, e.getMessage());
        }
    }

    private static AccountResult notStarted(String reason) {
        return new AccountResult(Outcome.NOT_STARTED, reason);
    }

    private static AccountResult failed(String reason) {
        return new AccountResult(Outcome.FAILED, reason);
    }
}
