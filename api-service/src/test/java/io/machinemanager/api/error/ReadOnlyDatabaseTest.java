package io.machinemanager.api.error;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;

import java.util.Map;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.testing.MariaDb;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

/** With a server that checks privileges: on a read-only server an administrator may write. */
@QuarkusTest
@WithTestResource(ReadOnlyDatabaseTest.MindedDatabase.class)
@TestProfile(ApiDatabaseOutageTest.Impatient.class)
class ReadOnlyDatabaseTest {

    @TestHTTPResource(value = "/health/ready", management = true)
    String health;

    @Inject
    ApiFixture scene;

    MariaDb database;

    @BeforeEach
    void setUp() {
        scene.reset();
    }

    @AfterEach
    void writable() {
        database.query("set global read_only = 0");
    }

    @Test
    void aReadOnlyDatabaseIsA503ThatSaysSo() {
        String alice = ApiFixture.tokenOf("alice");
        database.query("set global read_only = 1");

        given().contentType("application/json").body("{\"username\":\"alice\",\"password\":\"wrong\"}").post("/login")
                .then().statusCode(503).header("Retry-After", "5").body("error", is("unavailable"))
                .body("message", containsString("The database is read-only"));
        ApiFixture.with(alice).get("/machines").then().statusCode(200);
        given().get(health).then().statusCode(503).body("checks.data.database", hasItem("is read-only"));

        database.query("set global read_only = 0");
        given().get(health).then().statusCode(200);
    }

    /** A server of its own, on which the user of the service is not an administrator. */
    public static class MindedDatabase implements QuarkusTestResourceLifecycleManager {

        private MariaDb database;

        @Override
        public Map<String, String> start() {
            database = MariaDb.startWith();
            database.query("create user test identified by 'test'; grant all on machine_manager.* to test");
            return Map.of("quarkus.datasource.jdbc.url", database.jdbcUrl(), "quarkus.datasource.username", "test",
                    "quarkus.datasource.password", "test");
        }

        @Override
        public void inject(TestInjector injector) {
            injector.injectIntoFields(database, new TestInjector.MatchesType(MariaDb.class));
        }

        @Override
        public void stop() {
            if (database != null) {
                database.close();
            }
        }
    }
}
