package io.machinemanager.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JobTimerTest {

    private static final Duration OFTEN = Duration.ofMillis(1);

    private final AtomicInteger runs = new AtomicInteger();
    private final JobTimer timer = new JobTimer(() -> true);

    @AfterEach
    void stop() {
        timer.stop(null);
    }

    @Test
    void aJobThatFailsComesAgain() {
        timer.every("failing", OFTEN, () -> {
            if (runs.incrementAndGet() % 2 == 0) {
                throw new IllegalStateException("on purpose");
            }
            throw new AssertionError("on purpose");
        });

        await().until(() -> runs.get() > 3);
    }

    @Test
    void aJobDoesNotOverlapWithItselfAndHoldsUpNoOther() {
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger slow = new AtomicInteger();
        timer.every("slow", OFTEN, () -> {
            slow.incrementAndGet();
            awaitUninterruptibly(end);
        });
        timer.every("quick", OFTEN, runs::incrementAndGet);

        await().until(() -> runs.get() > 20);
        assertThat(slow).hasValue(1);
        end.countDown();
        await().until(() -> slow.get() > 1);
    }

    @Test
    void aStopWaitsForWhatIsUnderWayAndNothingComesAfter() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        timer.every("slow", OFTEN, () -> {
            begun.countDown();
            awaitUninterruptibly(end);
            runs.incrementAndGet();
        });
        awaitUninterruptibly(begun);

        CompletableFuture<Void> stop = CompletableFuture.runAsync(() -> timer.stop(null));
        await().during(Duration.ofMillis(50)).until(() -> !stop.isDone());
        end.countDown();

        await().until(stop::isDone);
        assertThat(runs).hasValue(1);
        await().during(Duration.ofMillis(50)).until(() -> runs.get() == 1);
    }

    @Test
    void nothingRunsByItselfWhenJobsAreSwitchedOff() {
        new JobTimer(() -> false).every("never", OFTEN, runs::incrementAndGet);
        timer.every("another", OFTEN, () -> assertThat(runs).hasValue(0));

        await().during(Duration.ofMillis(50)).until(() -> runs.get() == 0);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
