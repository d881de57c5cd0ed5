package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.RunQueue.Job;

class RunQueueTest {

    @Test
    void waitingJobsShareARun() {
        RunQueue queue = new RunQueue(1, 10);
        Job first = job("a");
        Job second = job("b");
        queue.add(List.of(first));
        queue.add(List.of(second));

        assertThat(queue.nextBatch()).containsExactly(first, second);
        assertThat(queue.nextBatch()).isEmpty();
    }

    @Test
    void noMachineIsInTwoRunsAtOnce() {
        RunQueue queue = new RunQueue(4, 10);
        Job first = job("a");
        Job second = job("a");
        queue.add(List.of(first, second));

        assertThat(queue.nextBatch()).containsExactly(first);
        assertThat(queue.nextBatch()).isEmpty();
        queue.jobEnded(first);
        assertThat(queue.nextBatch()).containsExactly(second);
    }

    @Test
    void endOfARunDoesNotFreeAMachineOfALaterOne() {
        RunQueue queue = new RunQueue(4, 10);
        Job first = job("a");
        Job second = job("a");
        Job third = job("a");
        queue.add(List.of(first, second, third));
        List<Job> run = queue.nextBatch();
        queue.jobEnded(first);
        assertThat(queue.nextBatch()).containsExactly(second);

        queue.runEnded(run);
        assertThat(queue.nextBatch()).isEmpty();
    }

    @Test
    void runsAndTheirSizesAreLimited() {
        RunQueue queue = new RunQueue(2, 2);
        queue.add(List.of(job("a"), job("b"), job("c"), job("d"), job("e")));

        List<Job> run = queue.nextBatch();
        assertThat(run).hasSize(2);
        assertThat(queue.nextBatch()).hasSize(2);
        assertThat(queue.nextBatch()).isEmpty();
        queue.runEnded(run);
        assertThat(queue.nextBatch()).hasSize(1);
    }

    @Test
    void closedQueueReturnsWaitingJobsAndRefusesNewOnes() throws InterruptedException {
        RunQueue queue = new RunQueue(1, 1);
        Job first = job("a");
        Job second = job("b");
        queue.add(List.of(first, second));
        List<Job> run = queue.nextBatch();

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
