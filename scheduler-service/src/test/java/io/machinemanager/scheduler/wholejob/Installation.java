package io.machinemanager.scheduler.wholejob;

import static io.restassured.RestAssured.given;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.MariaDb;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;

/** All of the product on one host: both services as they are shipped, a database, and machines to lend. */
final class Installation implements AutoCloseable {

    private static final String ADMIN_PASSWORD = "the admin's own secret";

    final Lab lab;
    final PackagedService api;
    final PackagedService scheduler;

    private final MariaDb database = MariaDb.start();
    private final int port = PackagedService.freePort();

    /** Starts everything and registers the machines. */
    Installation(int machines) {
        lab = Lab.start(machines);
        Map<String, String> common = Map.of("DATABASE_URL", database.jdbcUrl() + "?user=test&password=test",
                "MACHINE_SECRETS_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "CLAIM_DURATION", "6s",
                "SSH_CONNECT_TIMEOUT", "20s", "SSH_HEALTH_INTERVAL", "1h");
        Map<String, String> forApi = new HashMap<>(common);
        forApi.putAll(
                Map.of("QUARKUS_HTTP_HOST", "127.0.0.1", "QUARKUS_HTTP_PORT", Integer.toString(port), "JWT_SECRET",
                        "0123456789abcdef0123456789abcdef", "ADMIN_DEFAULT_PASSWORD", ADMIN_PASSWORD));
        Map<String, String> forScheduler = new HashMap<>(common);
        forScheduler.put("SCHEDULER_INTERVAL", "1s");
        api = new PackagedService("api-service", forApi);
        scheduler = new PackagedService("scheduler-service", forScheduler);
        api.start();
        scheduler.start();
        lab.machines().forEach(this::register);
    }

    private void register(LabMachine machine) {
        as(admin()).body(Map.of("name", machine.name(), "host", machine.host(), "port", machine.port(), "user",
                machine.user(), "password", machine.password())).post("/machines").then().statusCode(201);
    }

    /** A token of the admin. */
    String admin() {
        return login("admin", ADMIN_PASSWORD);
    }

    /** Makes a user and gives a token of it. */
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
        return call().header("Authorization", "Bearer " + token);
    }

    private RequestSpecification call() {
        return given().baseUri("http://127.0.0.1").port(port).contentType(ContentType.JSON);
    }

    /** The lab machine of that name. */
    LabMachine machine(String name) {
        return lab.machines().stream().filter(machine -> machine.name().equals(name)).findFirst().orElseThrow();
    }

    /** The names of the machines that an answer lends. */
    static List<String> machines(Response answer) {
        return answer.then().extract().path("machines.machine");
    }

    /** The names of the free machines. */
    List<String> available() {
        return as(admin()).get("/available").then().statusCode(200).extract().path("available");
    }

    /** Runs SQL past the product. */
    String query(String sql) {
        return database.query("use machine_manager; " + sql);
    }

    @Override
    public void close() {
        api.close();
        scheduler.close();
        lab.close();
        database.close();
    }
}
