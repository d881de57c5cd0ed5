package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDb;

/** MariaDB commits each change of the schema at once, so a process that dies leaves a migration half done. */
class MigrationsTest {

    private MariaDb database;

    @BeforeEach
    void start() {
        database = MariaDb.start();
    }

    @AfterEach
    void stop() {
        database.close();
    }

    private Flyway upTo(MigrationVersion version) {
        return Flyway.configure().dataSource(database.jdbcUrl(), "test", "test").locations("classpath:db/migration")
                .target(version).load();
    }

    private List<MigrationVersion> versions() {
        return Stream.of(upTo(MigrationVersion.LATEST).info().all()).map(MigrationInfo::getVersion).toList();
    }

    private String sql(String statements) {
        return database.query("use machine_manager; " + statements).strip();
    }

    private String schema() {
        return database.dump().lines().filter(line -> !line.contains("flyway_schema_history")
                && !line.startsWith("-- ") && !line.startsWith("(")).reduce("", (all, line) -> all + line + "\n");
    }

    private void forget(MigrationVersion version) {
        sql("delete from flyway_schema_history where version = '%s'".formatted(version));
    }

    @Test
    void eachMigrationCanBeRepeatedAfterAStartThatDiedBeforeItRecordedTheMigration() {
        assertThat(versions()).hasSize(6);
        for (MigrationVersion version : versions()) {
            upTo(version).migrate();
            String before = schema();
            forget(version);

            assertThat(upTo(version).migrate().migrationsExecuted).as("migration %s", version).isEqualTo(1);
            assertThat(schema()).as("migration %s", version).isEqualTo(before);
        }
    }
}
