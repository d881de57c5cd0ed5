package io.machinemanager.api.polling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedLooksTest {

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final SharedLooks<String, Integer> looks = new SharedLooks<>(threads, began -> {
    });
    private final AtomicInteger looked = new AtomicInteger();
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void end() {
        gate.countDown();
        threads.close();
    }

    private int gated() {
        int number = looked.incrementAndGet();
        pass(gate);
        return number;
    }

    private static void pass(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private CompletableFuture<Integer> ask() {
        return looks.get("pool", this::gated);
    }

    private CompletableFuture<Integer> askFirst() {
        CompletableFuture<Integer> first = ask();
        await().until(() -> looked.get() == 1);
        return first;
    }

    @Test
    void whoComesWhileALookIsUnderWayGetsTheNextAndSharesIt() {
        CompletableFuture<Integer> first = askFirst();
        List<CompletableFuture<Integer>> later = IntStream.range(0, 20).mapToObj(i -> ask()).toList();
        assertThat(looks.waiting("pool")).isEqualTo(20);

        gate.countDown();

        assertThat(first.join()).isEqualTo(1);
        assertThat(later).allSatisfy(one -> assertThat(one.join()).isEqualTo(2));
        assertThat(looked).hasValue(2);
    }

    @Test
    void whoComesWhileALookerRestsSharesTheLookAfterThat() {
        CountDownLatch resting = new CountDownLatch(1);
        CountDownLatch rested = new CountDownLatch(1);
        SharedLooks<String, Integer> slow = new SharedLooks<>(threads, began -> {
            resting.countDown();
            pass(rested);
        });
        CompletableFuture<Integer> first = slow.get("pool", this::gated);
        await().until(() -> looked.get() == 1);
        CompletableFuture<Integer> duringTheLook = slow.get("pool", this::gated);
        gate.countDown();
        pass(resting);
        CompletableFuture<Integer> duringTheRest = slow.get("pool", this::gated);
        assertThat(looked).hasValue(1);

        rested.countDown();

        assertThat(first.join()).isEqualTo(1);
        assertThat(duringTheLook.join()).isEqualTo(2);
        assertThat(duringTheRest.join()).isEqualTo(2);
    }

    @Test
    void nobodyRestsWhoIsNotWaitedFor() {
        List<Long> rests = new CopyOnWriteArrayList<>();
        SharedLooks<String, Integer> unhurried = new SharedLooks<>(threads, rests::add);

        assertThat(unhurried.get("pool", () -> 1).join()).isEqualTo(1);
        await().until(() -> unhurried.size() == 0);

        assertThat(rests).isEmpty();
    }

    @Test
    void otherThingsAreLookedAtMeanwhile() {
        askFirst();

        assertThat(looks.get("other", () -> 7).join()).isEqualTo(7);
    }

    @Test
    void aFailureIsThatOfItsLookAndOfNoLaterOne() {
        CompletableFuture<Integer> failing = looks.get("pool", () -> {
            gated();
            throw new UnsupportedOperationException("no");
        });
        await().until(() -> looked.get() == 1);
        CompletableFuture<Integer> next = looks.get("pool", () -> 5);
        gate.countDown();

        assertThatThrownBy(failing::join).hasCauseInstanceOf(UnsupportedOperationException.class);
        assertThat(next.join()).isEqualTo(5);
    }

    @Test
    void whoGoesAwayTakesNothingFromThoseWhoShareTheLook() {
        askFirst();
        CompletableFuture<Integer> gone = ask();
        CompletableFuture<Integer> patient = ask();

        gone.cancel(true);
        gate.countDown();

        assertThat(patient.join()).isEqualTo(2);
    }

    @Test
    void whatCannotBeBegunLeavesNothingBehind() {
        SharedLooks<String, Integer> closed = new SharedLooks<>(look -> {
            throw new RejectedExecutionException();
        }, began -> {
        });

        assertThatThrownBy(() -> closed.get("pool", () -> 1)).isInstanceOf(RejectedExecutionException.class);
        assertThat(closed.size()).isZero();
    }

    @Test
    void nothingIsOlderThanTheQuestionAndNothingIsKept() throws Exception {
        AtomicInteger truth = new AtomicInteger();
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            all.add(threads.submit(() -> {
                for (int turn = 0; turn < 2000; turn++) {
                    int least = truth.incrementAndGet();
                    assertThat(looks.get("pool", truth::get).join()).isGreaterThanOrEqualTo(least);
                }
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        await().until(() -> looks.size() == 0);
    }
}
