package io.machinemanager.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDbResource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduler;
import io.quarkus.scheduler.Trigger;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
@TestProfile(JobSchedulerTest.Ticking.class)
class JobSchedulerTest {

    /** A setting in application.properties would also hold for the tests of the services, whose class path has that file. */
    public static class Ticking implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("quarkus.scheduler.enabled", "true");
        }
    }

    private static final Duration OFTEN = Duration.ofSeconds(1);
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();

    @Inject
    Scheduler scheduler;

    private final AtomicInteger runs = new AtomicInteger();
    private JobScheduler jobs;

    @BeforeEach
    void start() {
        jobs = new JobScheduler(scheduler);
    }

    @AfterEach
    void stop() {
        scheduler.getScheduledJobs().stream().map(Trigger::getId).forEach(scheduler::unscheduleJob);
        jobs.stop(new ShutdownEvent());
    }

    @Test
    void aJobThatFailsComesAgain() {
        jobs.every("failing", OFTEN, () -> {
            if (runs.incrementAndGet() % 2 == 0) {
                throw new IllegalStateException("on purpose");
            }
            throw new AssertionError("on purpose");
        });

        await().until(() -> runs.get() > 3);
    }

    @Test
    void jobsRunOnVirtualThreads() {
        AtomicInteger virtual = new AtomicInteger();
        jobs.every("virtual", OFTEN, () -> virtual.set(Thread.currentThread().isVirtual() ? 1 : -1));

        await().until(() -> virtual.get() != 0);
        assertThat(virtual).hasValue(1);
    }

    @Test
    void aJobDoesNotOverlapWithItselfAndHoldsUpNoOther() {
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger slow = new AtomicInteger();
        jobs.every("slow", OFTEN, () -> {
            slow.incrementAndGet();
            awaitUninterruptibly(end);
        });
        jobs.every("quick", OFTEN, runs::incrementAndGet);

        await().until(() -> runs.get() > 2);
        jobs.planAnew();
        int before = runs.get();
        await().until(() -> runs.get() > before + 1);
        assertThat(slow).as("not even when the jobs are planned anew").hasValue(1);
        end.countDown();
        await().until(() -> slow.get() > 1);
    }

    @Test
    void aStopWaitsForWhatIsUnderWayAndNothingComesAfter() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        jobs.every("slow", OFTEN, () -> {
            begun.countDown();
            awaitUninterruptibly(end);
            runs.incrementAndGet();
        });
        awaitUninterruptibly(begun);

        CompletableFuture<Void> stop = CompletableFuture.runAsync(() -> jobs.stop(new ShutdownEvent()));
        await().during(Duration.ofMillis(50)).until(() -> !stop.isDone());
        end.countDown();

        await().until(stop::isDone);
        assertThat(runs).hasValue(1);
        await().during(Duration.ofMillis(2500)).until(() -> runs.get() == 1);
    }

    /** The beans end after the stop, and a run that comes to its thread later would fail. */
    @Test
    void aStopWaitsForARunThatIsStartedButIsNotOnItsThreadYet() {
        int processors = Runtime.getRuntime().availableProcessors();
        AtomicBoolean busy = new AtomicBoolean(true);
        CountDownLatch held = new CountDownLatch(processors);
        CompletableFuture<Void> stop;
        // Virtual threads that never wait keep the carriers from those of the jobs.
        try (ExecutorService carriers = Executors.newVirtualThreadPerTaskExecutor()) {
            IntStream.range(0, processors).forEach(i -> carriers.execute(() -> {
                held.countDown();
                while (busy.get()) {
                    Thread.onSpinWait();
                }
            }));
            try {
                awaitUninterruptibly(held);
                jobs.every("late", OFTEN, runs::incrementAndGet);
                Trigger trigger = scheduler.getScheduledJob("late");
                await().until(() -> trigger.getPreviousFireTime() != null);

                stop = CompletableFuture.runAsync(() -> jobs.stop(new ShutdownEvent()));
                await().until(() -> scheduler.getScheduledJob("late") == null);
                await().during(Duration.ofMillis(50)).until(() -> !stop.isDone());
            } finally {
                busy.set(false);
            }
        }

        await().until(stop::isDone);
        assertThat(runs).as("it finds that the service stops").hasValue(0);
    }

    @Test
    void aClockThatIsSetHasTheJobsPlannedAnewAndAClockThatIsNotDoesNot() {
        AtomicLong wall = new AtomicLong(HOUR_MILLIS);
        AtomicLong monotonic = new AtomicLong();
        ClockWatchdog watchdog = new ClockWatchdog(jobs, wall::get, monotonic::get);
        jobs.every("hourly", Duration.ofHours(1), runs::incrementAndGet);
        await().until(() -> runs.get() == 1);

        wall.addAndGet(HOUR_MILLIS);
        monotonic.addAndGet(Duration.ofHours(1).toNanos());
        watchdog.check();
        await().during(Duration.ofMillis(2500)).until(() -> runs.get() == 1);
        wall.addAndGet(-HOUR_MILLIS);
        watchdog.check();

        await().until(() -> runs.get() == 2);
        wall.addAndGet(HOUR_MILLIS);
        watchdog.check();
        await().until(() -> runs.get() == 3);
        watchdog.check();
        await().during(Duration.ofMillis(2500)).until(() -> runs.get() == 3);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
