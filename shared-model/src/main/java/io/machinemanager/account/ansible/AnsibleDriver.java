package io.machinemanager.account.ansible;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.AccountDriver;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountScript;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.RunExecutor;
import io.machinemanager.account.RunQueue;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.common.annotation.Identifier;

/**
 * Does account work with Ansible. A run makes one ssh call for each machine. Tasks that come while all runs are in use wait
 * and then share a run.
 */
@ApplicationScoped
@Identifier("ANSIBLE")
public class AnsibleDriver implements AccountDriver {

    // Short compared with the start of a run, and long enough for calls that release many machines.
    private static final Duration BATCH_DELAY = Duration.ofMillis(20);

    private static final List<String> RESOURCES = List.of("ansible.cfg", "ssh_config", "accounts.yml",
            AccountScript.RESOURCE, "action_plugins/account_script.py", "callback_plugins/result_lines.py");

    private final AccountConfig config;
    private final AnsibleFiles files;
    private final RunExecutor runs;

    public AnsibleDriver(AccountConfig config) {
        this.config = config;
        this.files = files(AnsibleFiles.parentOf(config));
        this.runs = new RunExecutor("ansible-run",
                new RunQueue(Math.max(1, config.concurrentRuns()), Math.max(1, config.batchSize())), BATCH_DELAY,
                (tasks, onResult) -> new AnsibleRun(files, config, tasks, onResult).run());
    }

    static AnsibleFiles files(Path parent) {
        return new AnsibleFiles(parent, "/account/", RESOURCES);
    }

    @Override
    public List<CompletableFuture<AccountResult>> submit(List<AccountTask> tasks) {
        return runs.submit(tasks);
    }

    void onShutdown(@Observes ShutdownEvent event) {
        close();
    }

    /** Refuses new work and waits for the current runs. Runs of very many machines may be interrupted. */
    @PreDestroy
    public void close() {
        runs.close(config.runTimeout().plus(RunExecutor.END_TIMEOUT));
        files.close();
    }
}
