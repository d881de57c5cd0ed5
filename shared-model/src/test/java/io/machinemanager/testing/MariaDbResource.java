package io.machinemanager.testing;

import java.util.Map;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;

/** Gives the application under test, in this JVM or packaged, a real MariaDB with an empty database. */
public class MariaDbResource implements QuarkusTestResourceLifecycleManager {

    private MariaDb database;

    @Override
    public Map<String, String> start() {
        database = MariaDb.start();
        return Map.of("quarkus.datasource.jdbc.url", database.jdbcUrl(), "quarkus.datasource.username", "test",
                "quarkus.datasource.password", "test");
    }

    MariaDb database() {
        return database;
    }

    /** Sets a field of the server's type in tests of this JVM. */
    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(database, new TestInjector.MatchesType(MariaDb.class));
    }

    @Override
    public void stop() {
        if (database != null) {
            // Quarkus loads this class anew for each application, so a server that is kept would not be found again.
            database.end();
        }
    }
}
