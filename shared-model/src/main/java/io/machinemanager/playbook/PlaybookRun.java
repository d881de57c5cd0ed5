package io.machinemanager.playbook;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.ansible.AnsibleFiles;
import io.machinemanager.account.process.PrivateFiles;
import io.machinemanager.account.process.ProcessTree;
import io.machinemanager.account.process.ProgramOutput;
import io.machinemanager.playbook.PlaybookResult.Outcome;
import io.quarkus.logging.Log;

/**
 * One run of {@code ansible-playbook} for one machine.
 *
 * <p>
 * A run works under a claim, and must not outlive it: another process may work on the machine then. So its owner
 * {@linkplain #confirm confirms} it each time the claim was renewed. A run that is not confirmed in time kills itself, also
 * when this process is frozen or dead.
 */
public final class PlaybookRun {

    private static final int MAX_ERROR = 200;
    private static final int MAX_SIGNAL = 64;

    private final Playbook playbook;
    private final Path path;
    private final PlaybookInput input;
    private final PlaybookConfig config;
    private final AccountConfig accounts;
    private final AnsibleFiles files;
    private final Semaphore places;
    private final Duration claim;
    private final CompletableFuture<PlaybookResult> result = new CompletableFuture<>();
    private volatile OutputStream confirmations;
    /** When it was confirmed last, on the clock of {@link System#nanoTime()}. It waits for a place under the claim, too. */
    private volatile long confirmedAt = System.nanoTime();
    private final Thread thread;

    PlaybookRun(Playbook playbook, Path path, PlaybookInput input, PlaybookConfig config, AccountConfig accounts,
            AnsibleFiles files, Semaphore places, Duration claim) {
        this.playbook = playbook;
        this.path = path;
        this.input = input;
        this.config = config;
        this.accounts = accounts;
        this.files = files;
        this.places = places;
        this.claim = claim;
        this.thread = Thread.ofVirtual().name("playbook").unstarted(this::run);
    }

    /** How often a run must be confirmed that works under a claim of a length. */
    public static Duration confirmationInterval(Duration claim) {
        return claim.dividedBy(4);
    }

    /**
     * After this time an unconfirmed run ends. The claim may have been renewed up to {@link #confirmationInterval} before the
     * run was asked for, and the run needs some time to end.
     */
    private Duration confirmationTimeout() {
        return claim.dividedBy(2);
    }

    PlaybookRun start() {
        thread.start();
        return this;
    }

    /** The result, completed when no process and no file of the run is left. Never completed with an exception. */
    public CompletableFuture<PlaybookResult> result() {
        return result;
    }

    /** Lets the run go on: its claim was renewed. */
    public void confirm() {
        confirmedAt = System.nanoTime();
        OutputStream pipe = confirmations;
        if (pipe != null) {
            try {
                pipe.write('\n');
                pipe.flush();
            } catch (IOException e) {
                Log.debugf("%s on %s has ended: %s", playbook.setting(), input.target().machine(), e.getMessage());
            }
        }
    }

    /** For tests: does what the end of this process does. The run ends itself. */
    void endConfirmations() throws IOException {
        confirmations.close();
    }

    /** Ends the run. Its result is {@link Outcome#LOST}, unless it has one. */
    public void cancel() {
        thread.interrupt();
    }

    private void run() {
        PlaybookResult end = new PlaybookResult(Outcome.LOST, "The run failed where Machine Manager runs.");
        try {
            places.acquire();
            try {
                end = deadline() - System.nanoTime() > 0
                        ? runInPlace()
                        : new PlaybookResult(Outcome.LOST, "The run was not confirmed while it waited for its turn.");
            } finally {
                places.release();
            }
        } catch (InterruptedException e) {
            end = new PlaybookResult(Outcome.LOST, "The run was ended.");
        } catch (RuntimeException e) {
            Log.errorf(e, "%s for %s failed", playbook.setting(), input.target().machine());
        } finally {
            result.complete(end);
        }
    }

    /** When it ends if it is not confirmed any more. */
    private long deadline() {
        return confirmedAt + confirmationTimeout().toNanos();
    }

    private PlaybookResult runInPlace() throws InterruptedException {
        Path folder = null;
        try {
            Optional<String> problem = input.problem();
            if (problem.isPresent()) {
                return new PlaybookResult(Outcome.FAILED, problem.get());
            }
            folder = files.newRun();
            new PlaybookFiles(folder).write(input);
            return run(folder);
        } catch (IOException e) {
            Log.errorf("The files of a run of %s could not be written: %s", playbook.setting(), e);
            return new PlaybookResult(Outcome.LOST,
                    "The folder for temporary files where Machine Manager runs is full or cannot be written.");
        } finally {
            delete(folder);
        }
    }

    private PlaybookResult run(Path folder) throws InterruptedException {
        ProcessTree tree = new ProcessTree();
        Process process;
        try {
            process = start(folder, tree);
        } catch (IOException e) {
            Log.errorf("%s could not be run: %s", playbook.setting(), e.getMessage());
            return new PlaybookResult(Outcome.LOST, "%s cannot be run where Machine Manager runs: %s."
                    .formatted(playbook.setting(), e.getMessage()));
        }
        confirmations = process.getOutputStream();
        ErrorLine error = new ErrorLine();
        Thread reader = Thread.ofVirtual().name("playbook-errors").start(() -> error.read(process.getErrorStream()));
        boolean ended;
        try {
            ended = process.waitFor(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            confirmations = null;
            if (!tree.kill(process.toHandle())) {
                Log.errorf("Processes of %s with process id %d could not be killed", playbook.setting(), process.pid());
            }
        }
        reader.join(Duration.ofSeconds(5));
        PlaybookReport report = PlaybookReport.read(folder).orElse(PlaybookReport.NONE).with(this::withoutSecrets);
        return ended ? result(process.exitValue(), report, withoutSecrets(error.text())) : timedOut(report);
    }

    private Process start(Path folder, ProcessTree tree) throws IOException {
        Path home = path.toAbsolutePath().normalize().getParent();
        ProcessBuilder builder = new ProcessBuilder(accounts.playbook(), "--inventory",
                folder.resolve(PlaybookFiles.INVENTORY).toString(), "--timeout",
                Long.toString(Math.max(1, accounts.connectTimeout().toSeconds())),
                path.toAbsolutePath().normalize().toString());
        // as if the operator had started it there: the output goes nowhere, however much it is
        builder.directory(home.toFile()).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        Map<String, String> environment = builder.environment();
        ProgramOutput.cleanEnvironment(environment);
        Path own = home.resolve("ansible.cfg");
        environment.put("ANSIBLE_CONFIG",
                (Files.isReadable(own) ? own : folder.resolveSibling("ansible.cfg")).toString());
        environment.put("ANSIBLE_CALLBACK_PLUGINS", folder.resolveSibling("callback_plugins").toString());
        environment.put("ANSIBLE_RETRY_FILES_ENABLED", "false");
        environment.put("ANSIBLE_LOCAL_TEMP", folder.resolve("tmp").toString());
        environment.put("HOME", folder.toString());
        // for modules that run here: they leave files when they are killed
        environment.put("TMPDIR", folder.toString());
        environment.put("MACHINE_MANAGER_CONFIRMATION_TIMEOUT", seconds(confirmationTimeout().toNanos()));
        // System.nanoTime() is the clock CLOCK_MONOTONIC of Linux, which Python's time.monotonic() reads too
        environment.put("MACHINE_MANAGER_DEADLINE", seconds(deadline()));
        tree.mark(environment);
        return builder.start();
    }

    private static String seconds(long nanos) {
        return BigDecimal.valueOf(nanos, 9).toPlainString();
    }

    private PlaybookResult result(int status, PlaybookReport report, String error) {
        if (status == 0) {
            return report.tasks() > 0
                    ? PlaybookResult.done()
                    : failed("%s has no task for the machine; its plays should have \"hosts: all\"."
                            .formatted(playbook.setting()));
        }
        // killed: for lack of memory, or by itself because it was not confirmed. Ansible itself ends with up to 250.
        Outcome outcome = status > 128 && status <= 128 + MAX_SIGNAL ? Outcome.LOST : Outcome.FAILED;
        return new PlaybookResult(outcome, report.reason().orElseGet(() -> error.isEmpty()
                ? "%s ended with exit status %d.".formatted(playbook.setting(), status)
                : "%s ended with exit status %d: %s".formatted(playbook.setting(), status, error)));
    }

    private PlaybookResult timedOut(PlaybookReport report) {
        String limit = "%s did not end within %d s".formatted(playbook.setting(), config.timeout().toSeconds());
        return new PlaybookResult(Outcome.TIMED_OUT, report.task().isEmpty()
                ? limit + "."
                : "%s; its task \"%s\" was under way.".formatted(limit, report.task()));
    }

    private static PlaybookResult failed(String reason) {
        return new PlaybookResult(Outcome.FAILED, reason);
    }

    /** A task may quote what it was given. */
    private String withoutSecrets(String said) {
        String password = input.target().login().password();
        return password == null || password.isEmpty() ? said : said.replace(password, "***");
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

    /** The first error that Ansible itself reports. Later lines may quote secret variables. */
    private static final class ErrorLine {

        private volatile String first = "";

        /** Reads to the end, however long a line is. */
        void read(InputStream output) {
            byte[] line = new byte[MAX_ERROR];
            int length = 0;
            byte[] buffer = new byte[8192];
            try (output) {
                for (int read = output.read(buffer); read >= 0; read = output.read(buffer)) {
                    for (int i = 0; i < read && first.isEmpty(); i++) {
                        if (buffer[i] == '\n') {
                            keep(line, length);
                            length = 0;
                        } else if (length < MAX_ERROR) {
                            line[length++] = buffer[i];
                        }
                    }
                }
                keep(line, length);
            } catch (IOException e) {
                Log.debugf("Ansible's output ended: %s", e.getMessage());
            }
        }

        private void keep(byte[] line, int length) {
            String text = new String(line, 0, length, StandardCharsets.UTF_8);
            if (first.isEmpty() && (text.startsWith("ERROR!") || text.startsWith("[ERROR]"))) {
                first = text;
            }
        }

        String text() {
            return first;
        }
    }
}
