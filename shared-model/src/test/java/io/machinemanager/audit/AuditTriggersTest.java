package io.machinemanager.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDb;

/** The schema is made by accounts of the database that may make triggers, and by such that may not. */
class AuditTriggersTest {

    private static final String ENTRY = "insert into machine_manager.audit_entries (action, outcome) values ('LOGGED_IN', 'DONE')";
    private static final String CHANGE = "update machine_manager.audit_entries set actor = 'x'";
    private static final String COUNT = "select count(*) from information_schema.triggers where trigger_schema = 'machine_manager'";

    private MariaDb database;

    @AfterEach
    void stop() {
        database.close();
    }

    private void migrateAs(String rights, String... options) {
        database = MariaDb.startWith(options);
        database.query("create user app@'127.0.0.1' identified by 'app'; grant " + rights
                + " on machine_manager.* to app@'127.0.0.1'");
        Flyway.configure().dataSource(database.jdbcUrl(), "app", "app").locations("classpath:db/migration").load()
                .migrate();
        database.query(ENTRY);
    }

    @Test
    void withTheRightToMakeTriggersTheDatabaseProtectsEntries() {
        migrateAs("all");

        assertThat(database.query(COUNT).strip()).isEqualTo("2");
        assertThatThrownBy(() -> database.query(CHANGE)).hasMessageContaining("never changed");
    }

    @Test
    void withoutTheRightToMakeTriggersTheSchemaIsMadeAllTheSame() {
        migrateAs("select, insert, update, delete, create, alter, drop, index, references, lock tables");

        assertThat(database.query(COUNT).strip()).isEqualTo("0");
        assertThat(database.query(CHANGE)).isEmpty();
    }

    @Test
    void whereABinaryLogForbidsTriggersTheSchemaIsMadeAllTheSame() {
        migrateAs("all", "--log-bin", "--log-bin-trust-function-creators=0");

        assertThat(database.query(COUNT).strip()).isEqualTo("0");
    }
}
