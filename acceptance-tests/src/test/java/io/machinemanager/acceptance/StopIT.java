package io.machinemanager.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.testing.Deep;
import io.machinemanager.testing.MariaDb;

/** A stop that comes at a bad time: the service ends soon, with exit status 0 or 143, and logs no error. */
class StopIT {

    /** How many starts of each service are stopped; a property for a longer run by hand. */
    private static final int STARTS = Integer.getInteger("stop.starts", Deep.isIncluded() ? 8 : 2);

    /** A JVM on a busy host starts for seconds, and a stop waits for the end of the start. */
    private static final Duration SOON = PackagedService.NATIVE ? Duration.ofSeconds(2) : Duration.ofSeconds(20);

    private static MariaDb database;

    @BeforeAll
    static void startDatabase() {
        database = MariaDb.start();
        try (PackagedService api = service("api-service")) {
            api.start();
        }
    }

    @AfterAll
    static void stopDatabase() {
        database.close();
    }

    private static PackagedService service(String module) {
        return service(module, database.jdbcUrl(), "ssh");
    }

    private static PackagedService service(String module, String databaseUrl, String driver) {
        return new PackagedService(module,
                new HashMap<>(Map.of("DATABASE_URL", databaseUrl + "?user=test&password=test",
                        "MACHINE_SECRETS_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "JWT_SECRET",
                        "0123456789abcdef0123456789abcdef", "ADMIN_DEFAULT_PASSWORD", "the admin's own secret",
                        "ACCOUNT_DRIVER", driver, "QUARKUS_HTTP_HOST", "127.0.0.1", "QUARKUS_HTTP_PORT",
                        Integer.toString(PackagedService.freePort()),
                        // on a very busy host a thread waits for a processor for 2 s, the default, and counts as blocked
                        "QUARKUS_VERTX_MAX_EVENT_LOOP_EXECUTE_TIME", "8s")));
    }

    private static void assertEndsInOrder(PackagedService service) {
        service.process().destroy();
        assertThat(service.process().onExit()).as(service::log).succeedsWithin(SOON);
        assertEndedInOrder(service);
    }

    private static void assertEndedInOrder(PackagedService service) {
        assertThat(service.process().exitValue()).as(service::log).isIn(0, 143);
        assertThat(service.log()).doesNotContain("ERROR", "Exception", "\tat ");
    }

    /** From the first milliseconds to beyond the start, which takes a JVM longer than a native image. */
    private static Stream<Arguments> stopsWhileStarting() {
        int last = PackagedService.NATIVE ? 500 : 2500;
        return Installation.drivers().flatMap(driver -> Stream.of("api-service", "scheduler-service")
                .flatMap(module -> IntStream.range(0, STARTS).mapToObj(
                        i -> Arguments.of(module, driver, 20 + i * (last - 20) / Math.max(1, STARTS - 1)))));
    }

    @ParameterizedTest
    @MethodSource("stopsWhileStarting")
    void aStartThatIsStoppedEndsInOrder(String module, String driver, int milliseconds) {
        try (PackagedService service = service(module, database.jdbcUrl(), driver)) {
            service.launch();
            await().pollDelay(milliseconds, TimeUnit.MILLISECONDS).until(() -> true);

            assertEndsInOrder(service);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"api-service", "scheduler-service" })
    void aServiceThatIsStoppedAsSoonAsItIsUpEndsInOrder(String module) {
        try (PackagedService service = service(module)) {
            service.launch();
            await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5))
                    .until(() -> service.log().contains("started in"));

            assertEndsInOrder(service);
        }
    }

    /** The purge is in one of its transactions when the stop comes, and is not to begin the next one. */
    @Test
    void aStopWaitsForTheTransactionOfAJob() throws SQLException {
        try (PackagedService scheduler = service("scheduler-service");
                Connection other = DriverManager.getConnection(database.jdbcUrl(), "test", "test");
                Statement statement = other.createStatement()) {
            statement.execute("lock tables login_counters write");
            scheduler.start();
            await().atMost(Duration.ofSeconds(30)).until(
                    () -> !database
                            .query("select 1 from information_schema.processlist where state like '%metadata lock%'")
                            .isEmpty());

            scheduler.process().destroy();

            await().during(Duration.ofSeconds(1)).until(scheduler.process()::isAlive);
            statement.execute("unlock tables");
            assertThat(scheduler.process().onExit()).as(scheduler::log).succeedsWithin(SOON);
            assertEndedInOrder(scheduler);
        }
    }

    @Test
    void aStopDuringTheMigrationLeavesASchemaWithWhichTheNextStartWorks() {
        try (MariaDb empty = MariaDb.start();
                PackagedService api = service("api-service", empty.jdbcUrl(), "ssh")) {
            api.launch();
            await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20)).ignoreExceptions()
                    .until(() -> !empty.query("select 1 from machine_manager.flyway_schema_history").isEmpty());

            assertEndsInOrder(api);

            assertThat(empty.query("select * from machine_manager.flyway_schema_history where not success")).isEmpty();
            api.start();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"api-service", "scheduler-service" })
    void aStopDoesNotWaitForADatabaseThatIsAway(String module) {
        try (PackagedService service = service(module, "jdbc:mariadb://127.0.0.1:1/nowhere", "ssh")) {
            service.launch();
            await().atMost(Duration.ofSeconds(60)).until(() -> service.log().contains("cannot be reached (try 1"));

            service.process().destroy();

            assertThat(service.process().onExit()).as(service::log).succeedsWithin(SOON);
            assertThat(service.process().exitValue()).isIn(0, 143);
            assertThat(service.log()).doesNotContain("ERROR", "\tat ");
        }
    }
}
