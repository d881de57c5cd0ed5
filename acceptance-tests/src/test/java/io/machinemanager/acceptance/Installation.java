package io.machinemanager.acceptance;

import static io.restassured.RestAssured.given;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.machinemanager.testing.Deep;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.MariaDb;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;

/** All of the product on one host: the services as they are shipped, a database, and machines to lend. */
final class Installation implements AutoCloseable {

    /** How long a claim lasts: longer than the account work on a slow host, where it takes 10 s on 10 machines at once. */
    static final Duration CLAIM = Duration.ofSeconds(20);

    /** The pause between two runs of the scheduler's clean-up. */
    static final Duration TICK = Duration.ofSeconds(1);

    private static final String ADMIN_PASSWORD = "the admin's own secret";

    final Lab lab;
    final PackagedService api;
    final PackagedService scheduler;

    private final MariaDb database;
    private final String adminPassword;
    private final List<Integer> ports;
    // closed in the reverse order of their start
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    /**
     * Starts everything, the services all at the same time, and registers the machines. When a part does not start,
     * all parts are ended.
     *
     * @param replicas the number of processes of each service
     * @param settings further settings of both services
     */
    Installation(int machines, int replicas, Map<String, String> settings) {
        this(machines, replicas, settings, settings);
    }

    /** Starts everything with further settings of each service. */
    Installation(int machines, int replicas, Map<String, String> ofApi, Map<String, String> ofScheduler) {
        adminPassword = ofApi.getOrDefault("ADMIN_DEFAULT_PASSWORD", ADMIN_PASSWORD);
        try {
            database = keep(MariaDb.start());
            lab = keep(Lab.start(machines));
            ports = Stream.generate(PackagedService::freePort).limit(replicas).toList();
            Map<String, String> common = new HashMap<>(Map.of("DATABASE_URL",
                    database.jdbcUrl() + "?user=test&password=test", "MACHINE_SECRETS_KEY",
                    "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "CLAIM_DURATION",
                    CLAIM.toSeconds() + "s", "SSH_CONNECT_TIMEOUT", "20s", "SSH_HEALTH_INTERVAL", "1h",
                    "SCHEDULER_INTERVAL", TICK.toSeconds() + "s"));
            Map<String, String> forScheduler = new HashMap<>(common);
            forScheduler.putAll(ofScheduler);
            List<PackagedService> apis = ports.stream().map(port -> api(common, ofApi, port)).toList();
            List<PackagedService> schedulers = Stream
                    .generate(() -> keep(new PackagedService("scheduler-service", forScheduler))).limit(replicas)
                    .toList();
            api = apis.getFirst();
            scheduler = schedulers.getFirst();
            List<PackagedService> services = Stream.concat(apis.stream(), schedulers.stream()).toList();
            services.forEach(PackagedService::launch);
            services.forEach(PackagedService::awaitReady);
            lab.machines().forEach(this::register);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** The drivers with which a test runs: both only together with the deep tests. */
    static Stream<String> drivers() {
        return Deep.isIncluded() ? Stream.of("ansible", "ssh") : Stream.of("ssh");
    }

    private <T extends AutoCloseable> T keep(T part) {
        parts.push(part);
        return part;
    }

    private PackagedService api(Map<String, String> common, Map<String, String> ofApi, int port) {
        Map<String, String> settings = new HashMap<>(common);
        settings.putAll(Map.of("QUARKUS_HTTP_HOST", "127.0.0.1", "QUARKUS_HTTP_PORT", Integer.toString(port),
                "JWT_SECRET", "0123456789abcdef0123456789abcdef", "ADMIN_DEFAULT_PASSWORD", ADMIN_PASSWORD));
        settings.putAll(ofApi);
        return keep(new PackagedService("api-service", settings));
    }

    private void register(LabMachine machine) {
        as(admin()).body(Map.of("name", machine.name(), "host", machine.host(), "port", machine.port(), "user",
                machine.user(), "password", machine.password())).post("/machines").then().statusCode(201);
    }

    /** A token of the admin. */
    String admin() {
        return login("admin", adminPassword);
    }

    /** Makes a user and returns its token. */
    String user(String name) {
        as(admin()).body(Map.of("username", name, "password", "a password of " + name)).post("/users").then()
                .statusCode(201);
        return login(name, "a password of " + name);
    }

    private String login(String name, String password) {
        return call().body(Map.of("username", name, "password", password)).post("/login").then().statusCode(200)
                .extract().path("access_token");
    }

    /** A call with a token. */
    RequestSpecification as(String token) {
        return as(token, 0);
    }

    /** A call with a token to one of several APIs, counted from 0. */
    RequestSpecification as(String token, int replica) {
        return call().port(ports.get(replica)).header("Authorization", "Bearer " + token);
    }

    /** The base URL of the first API. */
    String url() {
        return "http://127.0.0.1:" + ports.getFirst();
    }

    /** A call without a token. */
    RequestSpecification call() {
        return given().baseUri("http://127.0.0.1").port(ports.getFirst()).contentType(ContentType.JSON);
    }

    /** The lab machine of that name. */
    LabMachine machine(String name) {
        return lab.machines().stream().filter(machine -> machine.name().equals(name)).findFirst().orElseThrow();
    }

    /** The names of the machines in the answer to a reservation. */
    static List<String> machines(Response answer) {
        return answer.then().extract().path("machines.machine");
    }

    /** The names of the free machines. */
    List<String> available() {
        return as(admin()).get("/available").then().statusCode(200).extract().path("available");
    }

    /** Runs SQL on the database, past the product. */
    String query(String sql) {
        return database.query("use machine_manager; " + sql);
    }

    /** The database server. */
    MariaDb database() {
        return database;
    }

    /** The whole database as SQL. */
    String dump() {
        return database.dump();
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
