package io.machinemanager.api.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedLooksTest {

    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final SharedLooks<String, Integer> looks = new SharedLooks<>();
    private final AtomicInteger looked = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void end() {
        gate.countDown();
        callers.close();
    }

    private Future<Integer> ask(Callable<Integer> look) {
        return callers.submit(() -> {
            asked.incrementAndGet();
            return looks.get("pool", () -> {
                try {
                    return look.call();
                } catch (RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
        });
    }

    private Integer gated() throws InterruptedException {
        int number = looked.incrementAndGet();
        gate.await();
        return number;
    }

    @Test
    void whoComesWhileALookIsUnderWayGetsTheNextAndSharesIt() throws Exception {
        Future<Integer> first = ask(this::gated);
        await().until(() -> looked.get() == 1);
        List<Future<Integer>> later = IntStream.range(0, 20).mapToObj(i -> ask(this::gated)).toList();
        await().until(() -> asked.get() == 21 && looks.waiting("pool") == 20);

        gate.countDown();

        assertThat(first.get()).isEqualTo(1);
        for (Future<Integer> one : later) {
            assertThat(one.get()).isEqualTo(2);
        }
        assertThat(looked).hasValue(2);
    }

    @Test
    void otherThingsAreLookedAtMeanwhile() {
        ask(this::gated);
        await().until(() -> looked.get() == 1);

        assertThat(looks.get("other", () -> 7)).isEqualTo(7);
    }

    @Test
    void aFailureIsThatOfItsLookAndOfNoLaterOne() throws Exception {
        Future<Integer> failing = ask(() -> {
            gated();
            throw new UnsupportedOperationException("no");
        });
        await().until(() -> looked.get() == 1);
        Future<Integer> next = ask(() -> 5);
        gate.countDown();

        assertThatThrownBy(failing::get).hasCauseInstanceOf(UnsupportedOperationException.class);
        assertThat(next.get()).isEqualTo(5);
    }

    @Test
    void nothingIsOlderThanTheQuestionAndNothingIsKept() throws Exception {
        AtomicInteger truth = new AtomicInteger();
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            all.add(callers.submit(() -> {
                for (int turn = 0; turn < 2000; turn++) {
                    int least = truth.incrementAndGet();
                    assertThat(looks.get("pool", truth::get)).isGreaterThanOrEqualTo(least);
                }
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        assertThat(looks.size()).isZero();
    }
}
