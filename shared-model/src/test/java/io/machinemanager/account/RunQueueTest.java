package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.RunQueue.Job;

class RunQueueTest {

    @Test
    void allThatWaitsSharesARun() {
        RunQueue queue = new RunQueue(1, 10);
        Job first = job("a");
        Job second = job("b");
        queue.add(List.of(first));
        queue.add(List.of(second));

        assertThat(queue.take()).containsExactly(first, second);
        assertThat(queue.take()).isEmpty();
    }

    @Test
    void noMachineIsInTwoRunsAtOnce() {
        RunQueue queue = new RunQueue(4, 10);
        Job first = job("a");
        Job second = job("a");
        queue.add(List.of(first, second));

        assertThat(queue.take()).containsExactly(first);
        assertThat(queue.take()).isEmpty();
        queue.jobEnded(first);
        assertThat(queue.take()).containsExactly(second);
    }

    @Test
    void endOfARunDoesNotFreeAMachineOfALaterOne() {
        RunQueue queue = new RunQueue(4, 10);
        Job first = job("a");
        Job second = job("a");
        Job third = job("a");
        queue.add(List.of(first, second, third));
        List<Job> run = queue.take();
        queue.jobEnded(first);
        assertThat(queue.take()).containsExactly(second);

        queue.runEnded(run);
        assertThat(queue.take()).isEmpty();
    }

    @Test
    void runsAndTheirSizesAreLimited() {
        RunQueue queue = new RunQueue(2, 2);
        queue.add(List.of(job("a"), job("b"), job("c"), job("d"), job("e")));

        List<Job> run = queue.take();
        assertThat(run).hasSize(2);
        assertThat(queue.take()).hasSize(2);
        assertThat(queue.take()).isEmpty();
        queue.runEnded(run);
        assertThat(queue.take()).hasSize(1);
    }

    @Test
    void closedQueueGivesBackWhatWaitsAndTakesNoMore() throws InterruptedException {
        RunQueue queue = new RunQueue(1, 1);
        Job first = job("a");
        Job second = job("b");
        queue.add(List.of(first, second));
        List<Job> run = queue.take();

        assertThat(queue.close()).containsExactly(second);
        assertThat(queue.add(List.of(job("c")))).isFalse();
        assertThat(queue.awaitIdle(Duration.ofMillis(10))).isFalse();
        queue.runEnded(run);
        assertThat(queue.awaitIdle(Duration.ofMillis(10))).isTrue();
    }

    private static Job job(String machine) {
        Target target = new Target(machine, "127.0.0.1", 22, "root", "x", "ssh-ed25519 AAAA");
        return new Job(AccountWork.removal(target, "alice", AccountWork.newToken()), new CompletableFuture<>());
    }
}
