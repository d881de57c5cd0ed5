package io.machinemanager.api.polling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestCoalescerTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final RequestCoalescer<String, Integer> coalescer = new RequestCoalescer<>(threads);
    private final AtomicInteger loads = new AtomicInteger();
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void end() {
        gate.countDown();
        threads.close();
    }

    private int gated() {
        int number = loads.incrementAndGet();
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return number;
    }

    private CompletableFuture<Integer> ask() {
        return coalescer.get("pool", this::gated);
    }

    /** Calls, and returns when the load of the call has begun. */
    private CompletableFuture<Integer> askFirst() {
        CompletableFuture<Integer> call = ask();
        await().until(() -> loads.get() == 1);
        return call;
    }

    private static int fails() {
        throw new UnsupportedOperationException("no");
    }

    @Test
    void callersThatComeDuringALoadShareTheNextOne() {
        CompletableFuture<Integer> first = askFirst();
        List<CompletableFuture<Integer>> later = IntStream.range(0, 20).mapToObj(i -> ask()).toList();

        gate.countDown();

        assertThat(first).succeedsWithin(LONG).isEqualTo(1);
        assertThat(later).allSatisfy(one -> assertThat(one).succeedsWithin(LONG).isEqualTo(2));
        assertThat(loads).hasValue(2);
    }

    @Test
    void aCallerDoesNotWaitForALoad() {
        askFirst();

        assertThat(coalescer.get("pool", () -> 7)).isNotDone();
    }

    @Test
    void otherKeysAreLoadedMeanwhile() {
        askFirst();

        assertThat(coalescer.get("other", () -> 7)).succeedsWithin(LONG).isEqualTo(7);
    }

    @Test
    void aFailureIsThatOfItsLoadAndOfNoLaterOne() {
        CompletableFuture<Integer> failing = coalescer.get("pool", () -> gated() + fails());
        await().until(() -> loads.get() == 1);
        CompletableFuture<Integer> next = coalescer.get("pool", () -> 5);
        gate.countDown();

        assertThat(failing).failsWithin(LONG).withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(UnsupportedOperationException.class);
        assertThat(next).succeedsWithin(LONG).isEqualTo(5);
    }

    @Test
    void callersThatShareALoadShareItsFailure() {
        askFirst();
        List<CompletableFuture<Integer>> sharing = IntStream.range(0, 3)
                .mapToObj(i -> coalescer.get("pool", RequestCoalescerTest::fails)).toList();
        gate.countDown();

        assertThat(sharing).allSatisfy(one -> assertThat(one).failsWithin(LONG)
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(UnsupportedOperationException.class));
    }

    @Test
    void aCallerThatGoesAwayTakesNothingFromThoseThatShareTheLoad() {
        askFirst();
        CompletableFuture<Integer> patient = ask();
        CompletableFuture<Integer> gone = ask();

        gone.cancel(true);
        gate.countDown();

        assertThat(patient).succeedsWithin(LONG).isEqualTo(2);
    }

    @Test
    void aLoadThatFailsLeavesNothingBehind() {
        assertThat(coalescer.get("pool", RequestCoalescerTest::fails)).failsWithin(LONG);

        await().until(() -> coalescer.size() == 0);
    }

    @Test
    void aLoadThatCannotStartFailsAndLeavesNothingBehind() {
        RequestCoalescer<String, Integer> stopped = new RequestCoalescer<>(work -> {
            throw new RejectedExecutionException("stopped");
        });

        assertThat(stopped.get("pool", () -> 1)).failsWithin(LONG).withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(RejectedExecutionException.class);
        assertThat(stopped.size()).isZero();
    }

    @Test
    void nothingIsOlderThanItsCallAndNothingIsKept() throws Exception {
        AtomicInteger truth = new AtomicInteger();
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            all.add(threads.submit(() -> {
                for (int turn = 0; turn < 2000; turn++) {
                    int least = truth.incrementAndGet();
                    assertThat(coalescer.get("pool", truth::get).join()).isGreaterThanOrEqualTo(least);
                }
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        await().until(() -> coalescer.size() == 0);
    }
}
