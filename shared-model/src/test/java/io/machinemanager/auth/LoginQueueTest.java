package io.machinemanager.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import io.machinemanager.error.TooManyRequestsException;

class LoginQueueTest {

    private final LoginQueue queue = new LoginQueue(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private final Queue<String> served = new ConcurrentLinkedQueue<>();

    /** Log-ins of a network, the first of which keeps the only slot until {@link #end}. */
    private List<Thread> logIns(String network, int count) {
        List<Thread> clients = IntStream.range(0, count)
                .mapToObj(i -> Thread.ofVirtual().start(() -> queue.run(network, () -> {
                    hold(end);
                    return served.add(network);
                }))).toList();
        await().until(() -> queue.size(network) == count && clients.stream()
                .allMatch(client -> client.getState() == Thread.State.TIMED_WAITING));
        return clients;
    }

    static void hold(CountDownLatch end) {
        try {
            assertThat(end.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aFloodFromOneNetworkDoesNotDelayAnother() throws InterruptedException {
        List<Thread> flood = logIns("flood", LoginQueue.MAX_PER_NETWORK);
        List<Thread> other = logIns("other", 1);

        end.countDown();
        for (Thread client : List.of(flood, other).stream().flatMap(List::stream).toList()) {
            client.join();
        }

        assertThat(served).hasSize(LoginQueue.MAX_PER_NETWORK + 1).startsWith("flood", "other");
    }

    @Test
    void aFullQueueRefusesMoreUntilItIsShorter() throws InterruptedException {
        List<Thread> flood = logIns("flood", LoginQueue.MAX_PER_NETWORK);

        assertThatThrownBy(() -> queue.run("flood", () -> "served"))
                .isInstanceOfSatisfying(TooManyRequestsException.class,
                        refusal -> assertThat(refusal.retryAfter()).isPositive());

        end.countDown();
        for (Thread client : flood) {
            client.join();
        }
        assertThat(queue.run("flood", () -> "served")).isEqualTo("served");
        assertThat(queue.size("flood")).isZero();
    }
}
