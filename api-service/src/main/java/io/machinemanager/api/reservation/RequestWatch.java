package io.machinemanager.api.reservation;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.FailureLog;
import io.machinemanager.reservation.QueueForecast;
import io.machinemanager.reservation.RequestService;
import io.machinemanager.reservation.RequestService.StateOf;
import io.machinemanager.reservation.RequestState;

/**
 * Waits for changes of requests on behalf of callers. One thread looks for all of them, and only while there are any; a
 * caller that waits holds neither a thread nor a database connection.
 */
@ApplicationScoped
class RequestWatch {

    private static final Duration INTERVAL = Duration.ofMillis(250);
    private static final int BATCH = 1000;

    private final RequestService requests;
    private final QueueForecast forecast;
    private final Queue<Watch> watches = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile boolean stopping;

    RequestWatch(RequestService requests, QueueForecast forecast) {
        this.requests = requests;
        this.forecast = forecast;
        endWithTheProcess();
    }

    /** A stop waits for calls under way before it tells the beans, so these calls would hold it up. */
    private void endWithTheProcess() {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stopping = true, "request-watch-stop"));
        } catch (IllegalStateException e) {
            // the process is stopped while it starts
            stopping = true;
        }
    }

    /**
     * What of a request a caller waits to change.
     *
     * @param position its position in the queue; null when it is not queued
     */
    record Seen(RequestState state, Integer position) {
    }

    /** A caller that waits until a deadline, by {@link System#nanoTime}. */
    private record Watch(long requestId, Seen seen, long deadline, CompletableFuture<Void> changed) {
    }

    /** Is completed when the request is not what was seen any more, when the time is up, or when the process stops. */
    CompletableFuture<Void> change(long requestId, Seen seen, Duration atMost) {
        Watch watch = new Watch(requestId, seen, System.nanoTime() + atMost.toNanos(), new CompletableFuture<>());
        watches.add(watch);
        if (looking.compareAndSet(false, true)) {
            Thread.ofVirtual().name("request-watch").start(this::look);
        }
        return watch.changed();
    }

    private void look() {
        do {
            while (!watches.isEmpty()) {
                LockSupport.parkNanos(INTERVAL.toNanos());
                try {
                    compare();
                } catch (RuntimeException e) {
                    FailureLog.log("Looking for changes of requests failed", e);
                    end(watches.stream().filter(this::isOver).collect(Collectors.toSet()));
                }
            }
            looking.set(false);
        } while (!watches.isEmpty() && looking.compareAndSet(false, true));
    }

    private void compare() {
        Set<Long> ids = watches.stream().map(Watch::requestId).collect(Collectors.toSet());
        Map<Long, RequestState> states = states(List.copyOf(ids));
        Map<Long, Integer> positions = states.containsValue(RequestState.QUEUED) ? forecast.positions() : Map.of();
        end(watches.stream().filter(watch -> isOver(watch)
                || !Objects.equals(watch.seen(), seen(watch.requestId(), states, positions)))
                .collect(Collectors.toSet()));
    }

    private Map<Long, RequestState> states(List<Long> ids) {
        return IntStream.iterate(0, from -> from < ids.size(), from -> from + BATCH)
                .mapToObj(from -> Set.copyOf(ids.subList(from, Math.min(from + BATCH, ids.size()))))
                .flatMap(batch -> requests.states(batch).stream())
                .collect(Collectors.toMap(StateOf::id, StateOf::state));
    }

    private static Seen seen(long id, Map<Long, RequestState> states, Map<Long, Integer> positions) {
        RequestState state = states.get(id);
        return new Seen(state, state == RequestState.QUEUED ? positions.get(id) : null);
    }

    private boolean isOver(Watch watch) {
        return stopping || System.nanoTime() - watch.deadline() >= 0;
    }

    private void end(Set<Watch> ended) {
        watches.removeAll(ended);
        ended.forEach(watch -> watch.changed().completeAsync(() -> null, task -> Thread.ofVirtual().start(task)));
    }
}
