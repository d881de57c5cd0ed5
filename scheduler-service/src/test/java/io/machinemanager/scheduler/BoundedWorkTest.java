package io.machinemanager.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

class BoundedWorkTest {

    private static final Duration MOMENT = Duration.ofMillis(50);

    private final AtomicInteger due = new AtomicInteger();
    private final Queue<CompletableFuture<Void>> started = new ConcurrentLinkedQueue<>();
    private final AtomicInteger mostAtOnce = new AtomicInteger();

    private List<CompletableFuture<Void>> start(int most) {
        int number = Math.min(most, due.get());
        due.addAndGet(-number);
        mostAtOnce.accumulateAndGet(number, Math::max);
        List<CompletableFuture<Void>> work = IntStream.range(0, number)
                .mapToObj(piece -> new CompletableFuture<Void>()).toList();
        started.addAll(work);
        return work;
    }

    private BoundedWork work(int limit, int batch) {
        AtomicReference<BoundedWork> work = new AtomicReference<>();
        work.set(new BoundedWork(limit, this::start, () -> work.get().startDue(batch)));
        return work.get();
    }

    @Test
    void allThatIsDueIsStartedInBatchesUpToTheLimit() {
        BoundedWork work = work(5, 2);
        due.set(9);

        work.startDue(2);

        assertThat(work.running()).isEqualTo(5);
        assertThat(due).hasValue(4);
        assertThat(mostAtOnce).hasValue(2);
    }

    @Test
    void workThatEndsMakesRoomForWorkThatIsDueWithoutAnotherCall() {
        BoundedWork work = work(2, 2);
        due.set(3);
        work.startDue(2);

        started.poll().complete(null);

        await().until(() -> due.get() == 0);
        assertThat(work.running()).isEqualTo(2);
        started.poll().completeExceptionally(new IllegalStateException("on purpose"));
        started.poll().complete(null);
        await().until(() -> work.running() == 0);
    }

    @Test
    void aPieceThatIsCompletedTwiceMakesRoomOnce() {
        BoundedWork work = work(1, 1);
        due.set(1);
        work.startDue(1);
        CompletableFuture<Void> piece = started.poll();

        piece.complete(null);
        piece.complete(null);
        due.set(5);
        work.startDue(1);

        assertThat(work.running()).isEqualTo(1);
        assertThat(due).hasValue(4);
    }

    @Test
    void aStarterThatFailsTakesUpNoRoom() {
        BoundedWork work = new BoundedWork(1, most -> {
            if (due.getAndDecrement() > 0) {
                throw new IllegalStateException("on purpose");
            }
            return List.of(new CompletableFuture<>());
        }, () -> {
        });
        due.set(1);
        assertThatThrownBy(() -> work.startDue(1)).hasMessage("on purpose");

        work.startDue(1);

        assertThat(work.running()).isEqualTo(1);
    }

    @Test
    void aDrainWaitsForWhatRunsAndNothingIsStartedAfterwards() throws InterruptedException {
        BoundedWork work = work(2, 2);
        due.set(1);
        work.startDue(2);
        assertThat(work.drain(MOMENT)).isFalse();
        assertThat(work.running()).isEqualTo(1);

        CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(() -> drain(work));
        started.poll().complete(null);
        assertThat(drained).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(true);

        due.set(1);
        work.startDue(2);
        assertThat(due).hasValue(1);
    }

    @Test
    void aDrainWaitsForAStarterThatIsUnderWay() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        BoundedWork work = new BoundedWork(1, most -> {
            asked.countDown();
            awaitUninterruptibly(answer);
            return List.of();
        }, () -> {
        });
        CompletableFuture<Void> starting = CompletableFuture.runAsync(() -> work.startDue(1));
        asked.await();

        assertThat(work.drain(MOMENT)).isFalse();
        answer.countDown();

        starting.join();
        assertThat(work.drain(MOMENT)).isTrue();
    }

    private static boolean drain(BoundedWork work) {
        try {
            return work.drain(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
