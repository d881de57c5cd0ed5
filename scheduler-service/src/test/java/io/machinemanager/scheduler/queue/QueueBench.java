package io.machinemanager.scheduler.queue;

import static org.awaitility.Awaitility.await;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleSupplier;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import com.sun.management.OperatingSystemMXBean;

import io.machinemanager.reservation.QueueService;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/**
 * Not a test but a benchmark of {@code just bench}: how soon a waiting request gets the machine that is free, by the real loop
 * of the scheduler, and what the queue costs. The machines only answer, so no time goes into accounts.
 */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
@EnabledIfSystemProperty(named = "bench.file", matches = ".+")
class QueueBench {

    private static final int MACHINES = 1000;
    private static final int[] WAITING = {1, 100, 1000 };
    private static final int LONG_QUEUE = 10_000;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS");

    @Inject
    QueueService queue;

    @Inject
    QueueMetrics metrics;

    @Inject
    ReservationService reservations;

    @Inject
    SchedulerFixture scene;

    MariaDb database;

    private final Map<String, Object> figures = new TreeMap<>();
    private final Random random = new Random(1);
    private final int turns = Integer.getInteger("bench.turns", 5);

    @Test
    void measure() throws Exception {
        // as in an installation; the database of tests is less strict
        database.query("set global innodb_flush_log_at_trx_commit = 1");
        for (int waiting : WAITING) {
            allLent(waiting, null);
            figures.put("dispatch " + waiting, times(this::freeOneAndDispatch));
            List<Double> latencies = new ArrayList<>();
            running(() -> latencies.addAll(latencies()));
            figures.put("assigned " + waiting, latencies);
        }
        figures.put("per_second", List.of(perSecond()));
        allLent(LONG_QUEUE, null);
        figures.put("dispatch " + LONG_QUEUE, times(this::freeOneAndDispatch));
        figures.put("overdue " + LONG_QUEUE, times(() -> seconds(queue::endOverdue)));
        figures.put("unmatched " + LONG_QUEUE, times(() -> seconds(queue::endUnmatched)));
        allLent(LONG_QUEUE, null);
        running(() -> figures.put("load lent", load()));
        // a machine is free that no request wants, so the queue is planned each second
        allLent(LONG_QUEUE, "m1");
        reservations.release(Long.parseLong(scene.column("select id from reservations where machine_name = 'm2'")
                .getFirst()));
        running(() -> figures.put("load free", load()));
        Files.writeString(Path.of(System.getProperty("bench.file")), json());
    }

    private String json() {
        List<String> fields = new ArrayList<>();
        figures.forEach((name, values) -> fields.add("\"%s\": %s".formatted(name, values)));
        return "{\"machines\": %d, %s}%n".formatted(MACHINES, String.join(", ", fields));
    }

    /** Lends all machines, and lets so many requests wait for one machine each: for any, or for that of a name. */
    private void allLent(int waiting, String wanted) {
        scene.clear();
        scene.lendMachines(1);
        database.query(
                """
                        use machine_manager;
                        set @now = utc_timestamp(6);
                        insert into machines (id, name, host, port, ssh_user, host_keys, next_probe_at, last_seen_at, created_at)
                            select id + seq, concat('m', seq), host, port, ssh_user, host_keys, next_probe_at, last_seen_at, created_at
                            from machines, seq_2_to_%1$d where name = 'm1';
                        insert into requests (owner_id, owner_name, account, machine_count, duration_minutes, state, created_at,
                                started_at, note)
                            select id, username, 'lent', 1, 60, 'ACTIVE', @now, @now, seq from users, seq_2_to_%1$d
                            where username = 'alice';
                        insert into reservations (request_id, machine_id, machine_name, owner_id, owner_name, account, state,
                                created_at, duration_minutes, started_at, reserved_until)
                            select q.id, m.id, m.name, q.owner_id, q.owner_name, q.account, 'ACTIVE', @now, 60, @now,
                                @now + interval 1 hour from requests q join machines m on m.name = concat('m', q.note);
                        """
                        .formatted(MACHINES));
        addWaiting(waiting, wanted);
        database.query("use machine_manager; analyze table machines, requests, reservations");
    }

    private void addWaiting(int count, String wanted) {
        scene.sql("insert into requests (owner_id, owner_name, account, machine_count, machine_names, duration_minutes,"
                + " password_hash, state, created_at, waits_until) select id, username, 'waited', 1, "
                + (wanted == null ? "null" : "'" + wanted + "'") + ", 60, 'hash', 'QUEUED', utc_timestamp(6),"
                + " utc_timestamp(6) + interval 1 day from users, seq_1_to_" + count + " where username = 'alice'");
    }

    /** Does the work while the loop of the scheduler runs. */
    private void running(Runnable work) throws InterruptedException {
        QueueJob job = new QueueJob(queue, metrics);
        Thread loop = Thread.ofVirtual().start(job::run);
        work.run();
        job.startNoMore(new ShutdownEvent());
        job.stop(new ShutdownEvent());
        loop.join();
    }

    /** Gives back one machine after the other, and returns after how many seconds each was allocated again. */
    private List<Double> latencies() {
        List<Double> latencies = new ArrayList<>();
        for (int turn = 0; turn < 8 * turns; turn++) {
            // so that the loop has seen the request that waits, and is anywhere between two of its looks
            LockSupport.parkNanos(Duration.ofMillis(600 + random.nextInt(500)).toNanos());
            int before = served();
            long lent = freeOne();
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(1)).until(() -> served() > before);
            Instant assigned = Instant.now();
            latencies.add(Duration.between(freeSince(lent), assigned).toNanos() / 1e9);
            addWaiting(1, null);
        }
        return latencies;
    }

    /** Gives a machine back, and returns the id of the reservation. */
    private long freeOne() {
        long id = Long.parseLong(scene.column("select id from reservations where state = 'ACTIVE' and account = 'lent'"
                + " order by id limit 1").getFirst());
        reservations.release(id);
        return id;
    }

    private Instant freeSince(long reservation) {
        return LocalDateTime.parse(
                scene.column("select released_at from reservations where id = " + reservation).getFirst(), TIME)
                .toInstant(ZoneOffset.UTC);
    }

    private int served() {
        return Integer.parseInt(
                scene.column("select count(*) from reservations where account = 'waited'").getFirst());
    }

    private double freeOneAndDispatch() {
        freeOne();
        List<CompletableFuture<Void>> served = new ArrayList<>();
        double seconds = seconds(() -> served.addAll(queue.dispatch(100)));
        served.forEach(CompletableFuture::join);
        addWaiting(1, null);
        return seconds;
    }

    /** All machines are free at once, and as many requests wait. */
    private double perSecond() throws InterruptedException {
        allLent(MACHINES, null);
        scene.sql("update reservations set state = 'RELEASED', released_at = utc_timestamp(6)");
        long start = System.nanoTime();
        running(() -> await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20))
                .until(() -> scene.column("select count(*) from requests where state = 'ACTIVE' and account = 'waited'")
                        .getFirst().equals(Integer.toString(MACHINES))));
        return MACHINES / ((System.nanoTime() - start) / 1e9);
    }

    /** The processor seconds a second of this process and of the database, while nothing happens. */
    private List<Double> load() {
        LockSupport.parkNanos(Duration.ofSeconds(3).toNanos());
        double[] before = processorSeconds();
        long start = System.nanoTime();
        LockSupport.parkNanos(Duration.ofSeconds(4L * turns).toNanos());
        double seconds = (System.nanoTime() - start) / 1e9;
        double[] after = processorSeconds();
        return List.of((after[0] - before[0]) / seconds, (after[1] - before[1]) / seconds);
    }

    private static double[] processorSeconds() {
        OperatingSystemMXBean own = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long databases = ProcessHandle.current().descendants()
                .filter(process -> process.info().command().orElse("").contains("mariadbd"))
                .mapToLong(process -> process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos()).sum();
        return new double[]{own.getProcessCpuTime() / 1e9, databases / 1e9 };
    }

    private List<Double> times(DoubleSupplier work) {
        List<Double> times = new ArrayList<>();
        for (int turn = -3; turn < 2 * turns; turn++) {
            double seconds = work.getAsDouble();
            if (turn >= 0) {
                times.add(seconds);
            }
        }
        return times;
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }
}
