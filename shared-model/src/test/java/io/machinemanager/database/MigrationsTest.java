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

/** MariaDB commits each change of the schema at once, so a process that dies leaves what it had done of a migration. */
class MigrationsTest {

    private static final MigrationVersion PAUSES = MigrationVersion.fromVersion("14");

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
    void eachMigrationCanBeRepeatedAfterAStartThatDiedBeforeItWasNoted() {
        assertThat(versions()).hasSizeGreaterThan(10);
        for (MigrationVersion version : versions()) {
            upTo(version).migrate();
            String before = schema();
            forget(version);

            assertThat(upTo(version).migrate().migrationsExecuted).as("migration %s", version).isEqualTo(1);
            assertThat(schema()).as("migration %s", version).isEqualTo(before);
        }
    }

    @Test
    void aPauseIsTakenOverOnceAlsoWhenItsMigrationIsRepeated() {
        upTo(MigrationVersion.fromVersion("13")).migrate();
        sql("insert into machines (id, name, host, port, ssh_user, next_probe_at, created_at, unavailable_cause,"
                + " unavailable_reason, unavailable_until) values (1, 'm1', 'h', 22, 'root', now(), now(),"
                + " 'ACCOUNT_WORK', 'No space left.', '2030-01-01')");
        upTo(PAUSES).migrate();
        forget(PAUSES);
        upTo(PAUSES).migrate();

        assertThat(sql("select paused_reason, unavailable_reason from machines")).isEqualTo("No space left.\tNULL");
    }

    @Test
    void machinesThatAreOneHostAlreadyAreMarkedAndMachinesThatAnsweredStayInThePool() {
        upTo(MigrationVersion.fromVersion("17")).migrate();
        sql("insert into machines (id, name, host, port, ssh_user, host_keys, last_seen_at, next_probe_at, created_at)"
                + " values (1, 'a', 'LOCALHOST', 22, 'root', 'k1', now(), '2030-01-01', now()),"
                + " (2, 'b', '::1', 22, 'root', 'k2', now(), '2030-01-01', now()),"
                + " (3, 'c', 'h3', 22, 'root', 'k3', now(), '2030-01-01', now()),"
                + " (4, 'd', 'h4', 22, 'root', 'k3', now(), '2030-01-01', now()),"
                + " (5, 'e', 'h5', 22, 'root', null, null, '2030-01-01', now()),"
                + " (6, 'f', 'h6', 22, 'root', null, null, '2030-01-01', now()),"
                + " (7, 'g', 'h6', 23, 'root', 'k7', now(), '2030-01-01', now())");

        upTo(MigrationVersion.fromVersion("18")).migrate();

        assertThat(sql("select group_concat(name order by name) from machines where shared_host")).isEqualTo("a,b,c,d");
        assertThat(sql("select group_concat(name order by name) from machines where next_probe_at < '2030-01-01'"))
                .isEqualTo("e,f");
    }
}
