package io.machinemanager.api.polling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestCoalescerTest {

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final RequestCoalescer<String, Integer> coalescer = new RequestCoalescer<>();
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

    private FutureTask<Integer> ask() {
        return ask(this::gated);
    }

    /** Calls, and returns when the call waits for a load, its own one or another. */
    private FutureTask<Integer> ask(Supplier<Integer> loader) {
        FutureTask<Integer> call = new FutureTask<>(() -> coalescer.get("pool", loader));
        Thread caller = Thread.ofVirtual().start(call);
        await().until(() -> caller.getState() == Thread.State.WAITING);
        return call;
    }

    @Test
    void callersThatComeDuringALoadShareTheNextOne() throws Exception {
        FutureTask<Integer> first = ask();
        List<FutureTask<Integer>> later = IntStream.range(0, 20).mapToObj(i -> ask()).toList();
        assertThat(loads).hasValue(1);

        gate.countDown();

        assertThat(first.get()).isEqualTo(1);
        for (FutureTask<Integer> one : later) {
            assertThat(one.get()).isEqualTo(2);
        }
        assertThat(loads).hasValue(2);
    }

    @Test
    void otherKeysAreLoadedMeanwhile() {
        ask();

        assertThat(coalescer.get("other", () -> 7)).isEqualTo(7);
    }

    @Test
    void aFailureIsThatOfItsLoadAndOfNoLaterOne() throws Exception {
        FutureTask<Integer> failing = ask(() -> {
            gated();
            throw new UnsupportedOperationException("no");
        });
        FutureTask<Integer> next = ask(() -> 5);
        gate.countDown();

        assertThatThrownBy(failing::get).isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(UnsupportedOperationException.class);
        assertThat(next.get()).isEqualTo(5);
    }

    @Test
    void callersThatShareALoadShareItsFailure() {
        ask();
        List<FutureTask<Integer>> sharing = IntStream.range(0, 3).mapToObj(i -> ask(() -> {
            throw new UnsupportedOperationException("no");
        })).toList();
        gate.countDown();

        assertThat(sharing).allSatisfy(one -> assertThatThrownBy(one::get)
                .hasCauseInstanceOf(UnsupportedOperationException.class));
    }

    @Test
    void aCallerThatGoesAwayTakesNothingFromThoseThatShareTheLoad() throws Exception {
        ask();
        FutureTask<Integer> patient = ask();
        FutureTask<Integer> gone = ask();

        gone.cancel(true);
        gate.countDown();

        assertThat(patient.get()).isEqualTo(2);
    }

    @Test
    void aLoadThatFailsLeavesNothingBehind() {
        assertThatThrownBy(() -> coalescer.get("pool", () -> {
            throw new UnsupportedOperationException("no");
        })).isInstanceOf(UnsupportedOperationException.class);

        assertThat(coalescer.size()).isZero();
    }

    @Test
    void nothingIsOlderThanItsCallAndNothingIsKept() throws Exception {
        AtomicInteger truth = new AtomicInteger();
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            all.add(threads.submit(() -> {
                for (int turn = 0; turn < 2000; turn++) {
                    int least = truth.incrementAndGet();
                    assertThat(coalescer.get("pool", truth::get)).isGreaterThanOrEqualTo(least);
                }
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        assertThat(coalescer.size()).isZero();
    }
}
