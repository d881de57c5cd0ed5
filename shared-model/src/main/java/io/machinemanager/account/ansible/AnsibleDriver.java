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
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.RunExecutor;
import io.machinemanager.account.RunQueue;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.common.annotation.Identifier;

/**
 * Does account work by Ansible. Tasks that come while all runs are taken wait and then share one; a run has one ssh call
 * for each machine.
 */
@ApplicationScoped
@Identifier("ANSIBLE")
public class AnsibleDriver implements AccountDriver {

    // Little beside what a run takes to start, and enough for the calls that give back many machines.
    private static final Duration GATHERING = Duration.ofMillis(20);

    private final AccountConfig config;
    private final AnsibleFiles files;
    private final RunExecutor runs;

    public AnsibleDriver(AccountConfig config) {
        this.config = config;
        this.files = new AnsibleFiles(config.workDir().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"))));
        this.runs = new RunExecutor("ansible-run",
                new RunQueue(Math.max(1, config.concurrentRuns()), Math.max(1, config.batchSize())), GATHERING,
                (tasks, onResult) -> new AnsibleRun(files, config, tasks, onResult).run());
    }

    @Override
    public List<CompletableFuture<AccountResult>> submit(List<AccountTask> tasks) {
        return runs.submit(tasks);
    }

    void onShutdown(@Observes ShutdownEvent event) {
        close();
    }

    /** Takes no more work, and waits for the runs in hand; those of very many machines may be broken off. */
    @PreDestroy
    public void close() {
        runs.close(config.runTimeout().plus(RunExecutor.ENDING));
        files.close();
    }
}
