package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;

class RunExecutorTest {

    private static AccountTask removalOn(String machine) {
        return AccountWork.removal(new Target(machine, "127.0.0.1", 22, "root", "x", "ssh-ed25519 AAAA"), "alice", 7);
    }

    @Test
    void failedRunIsNoMachinesFault() {
        RunExecutor runs = new RunExecutor("test-run", new RunQueue(1, 10), Duration.ZERO, (tasks, onResult) -> {
            onResult.accept(0, AccountResult.done());
            throw new IllegalStateException("a bug");
        });

        List<AccountResult> results = runs.submit(List.of(removalOn("a"), removalOn("b"))).stream()
                .map(AccountWork::resultOf).toList();

        assertThat(results).containsExactly(AccountResult.done(),
                new AccountResult(Outcome.RUN_LOST, "The account work failed where Machine Manager runs."));
    }

    @Test
    void runThatOutlastsTheShutdownIsInterrupted() {
        AccountResult interrupted = new AccountResult(Outcome.RUN_LOST, "The account work was interrupted.");
        RunExecutor runs = new RunExecutor("test-run", new RunQueue(1, 10), Duration.ZERO, (tasks, onResult) -> {
            LockSupport.park();
            return interrupted;
        });
        var result = runs.submit(List.of(removalOn("a"))).getFirst();

        runs.close(Duration.ofMillis(100));

        await().untilAsserted(() -> assertThat(result).isCompletedWithValue(interrupted));
    }
}
