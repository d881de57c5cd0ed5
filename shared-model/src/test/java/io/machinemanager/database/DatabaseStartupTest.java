package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import jakarta.inject.Inject;

import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.ConfigProvider;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.migration.BaseJavaMigration;
import org.flywaydb.core.api.migration.Context;
import org.hibernate.SessionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mariadb.jdbc.MariaDbDataSource;

import io.machinemanager.database.DatabaseConfig.Schema;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
@TestProfile(DatabaseOutageTest.Impatient.class)
class DatabaseStartupTest {

    private static final String HISTORY = "machine_manager.flyway_schema_history";

    @Inject
    DataSource dataSource;

    @Inject
    Flyway flyway;

    @Inject
    SessionFactory mapping;

    MariaDb database;

    @AfterEach
    void restore() {
        database.query("drop database machine_manager; create database machine_manager");
        open(Schema.MIGRATE, 0);
    }

    private void open(Schema schema, int retries) {
        new DatabaseStartup(dataSource, flyway, mapping, new Config(schema, retries)).open(new StartupEvent());
    }

    @Test
    void migratesAnEmptyDatabase() {
        database.query("drop database machine_manager; create database machine_manager");
        open(Schema.MIGRATE, 0);
        assertThat(database.query("select count(*) from machine_manager.reservations").strip()).isEqualTo("0");
    }

    @Test
    void aStatementOfAMigrationMayTakeLongerThanTheDatabaseIsOtherwiseWaitedFor() {
        Flyway slow = Flyway.configure().configuration(flyway.getConfiguration())
                .dataSource(database.jdbcUrl() + "?socketTimeout=300", "test", "test")
                .javaMigrations(new V99__Slow()).load();

        assertThat(slow.migrate().migrationsExecuted).isEqualTo(1);
    }

    @Test
    void afterAMigrationTheDatabaseIsWaitedForAsLongAsBefore() throws SQLException {
        List<Integer> before = patience();

        migratesAnEmptyDatabase();

        assertThat(patience()).isEqualTo(before).doesNotContain(0);
    }

    private List<Integer> patience() throws SQLException {
        try (Connection one = dataSource.getConnection(); Connection other = dataSource.getConnection()) {
            return List.of(one.getNetworkTimeout(), other.getNetworkTimeout());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"time_zone='-05:00' | time_zone = -05:00",
            "innodb_lock_wait_timeout=50 | innodb_lock_wait_timeout = 50",
            "idle_transaction_timeout=0 | idle_transaction_timeout = 0", "sql_mode='ANSI' | sql_mode",
            "autocommit=0 | autocommit = 0", "foreign_key_checks=0 | foreign_key_checks = 0",
            "unique_checks=0 | unique_checks = 0", "tx_isolation='SERIALIZABLE' | transaction_isolation" })
    void refusesASessionThatIsNotAsNeeded(String variable, String named) throws SQLException {
        String needed = "time_zone='+00:00',innodb_lock_wait_timeout=10,idle_transaction_timeout=20,"
                + "tx_isolation='READ-COMMITTED',sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'";
        DataSource other = new MariaDbDataSource(
                database.jdbcUrl() + "?user=test&sessionVariables=" + needed + "," + variable);

        assertThatThrownBy(() -> new DatabaseStartup(other, flyway, mapping, new Config(Schema.AWAIT, 0))
                .open(new StartupEvent())).isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("Cannot start: The session of the database has " + named)
                .hasMessageNotContaining("\n");
    }

    @Test
    void variablesOfTheAddressAreSetBesideOurs() throws SQLException {
        DatabaseUrl url = DatabaseUrl.parse(database.jdbcUrl() + "?sessionVariables=div_precision_increment=7")
                .withSessionVariables(ConfigProvider.getConfig()
                        .getValue(DatabaseUrlConfigSourceFactory.SESSION_VARIABLES, String.class));

        try (Connection connection = new MariaDbDataSource(url.jdbcUrl() + "&user=test").getConnection();
                ResultSet row = connection.createStatement()
                        .executeQuery("select @@div_precision_increment, @@time_zone, @@idle_transaction_timeout")) {
            row.next();
            assertThat(List.of(row.getInt(1), row.getString(2), row.getInt(3))).isEqualTo(List.of(7, "+00:00", 20));
        }
    }

    @Test
    void theTablesOfAnotherProgramEndTheStartWithOneLineThatSaysWhatToDo() {
        database.query("drop database machine_manager; create database machine_manager; use machine_manager;"
                + " create table user (id integer not null auto_increment, username varchar(80) not null, primary key (id));"
                + " create table machine (id integer not null auto_increment, name varchar(80), primary key (id))");

        assertThatThrownBy(() -> open(Schema.MIGRATE, 0)).isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(
                        "Cannot start: The database that DATABASE_URL names holds tables of another program")
                .hasMessageContaining("name a new, empty database").hasMessageNotContaining("\n")
                .hasMessageNotContaining("baseline");
        assertThat(database.query("show tables from machine_manager")).isEqualTo("machine\nuser\n");
    }

    @Test
    void waitsForTheServer() {
        database.stop();
        CompletableFuture<Void> opened = CompletableFuture.runAsync(() -> open(Schema.AWAIT, 10_000));
        database.resume();
        assertThat(opened).succeedsWithin(Duration.ofSeconds(20));
    }

    @Test
    void givesUpInTheEnd() {
        database.stop();
        try {
            assertThatThrownBy(() -> open(Schema.AWAIT, 2)).isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("Cannot start: The database could not be reached in 3 tries: ")
                    .hasMessageNotContaining("\n");
        } finally {
            database.resume();
        }
    }

    @Test
    void waitsForAnotherServiceToMigrate() {
        database.query("drop database machine_manager; create database machine_manager");
        CompletableFuture<Void> opened = CompletableFuture.runAsync(() -> open(Schema.AWAIT, 0));
        Awaitility.await().during(Duration.ofMillis(500)).until(() -> !opened.isDone());
        open(Schema.MIGRATE, 0);
        assertThat(opened).succeedsWithin(Duration.ofSeconds(20));
    }

    @Test
    void refusesASchemaFromTheFuture() {
        database.query("insert into " + HISTORY + " select 99, '99', 'tomorrow', type, 'V99__tomorrow.sql', 1,"
                + " installed_by, installed_on, 1, 1 from " + HISTORY + " where installed_rank = 1");
        for (Schema schema : Schema.values()) {
            assertThatThrownBy(() -> open(schema, 0)).isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("newer version").hasMessageContaining("99");
        }
    }

    @Test
    void refusesAMigrationThatWasChanged() {
        database.query("update " + HISTORY + " set checksum = 1 where version = '2'");
        for (Schema schema : Schema.values()) {
            assertThatThrownBy(() -> open(schema, 0)).isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("checksum").hasMessageNotContaining("\n");
        }
    }

    @Test
    void refusesASchemaThatDoesNotFitTheEntities() {
        database.query("alter table machine_manager.machines drop column failures");
        assertThatThrownBy(() -> open(Schema.AWAIT, 0)).isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("failures").hasMessageNotContaining("\n");
    }

    /** The name is what Flyway reads the version from. */
    private static final class V99__Slow extends BaseJavaMigration {

        @Override
        public void migrate(Context context) throws SQLException {
            try (Statement statement = context.getConnection().createStatement()) {
                statement.execute("do sleep(1)");
            }
        }
    }

    private record Config(Schema schema, int connectMaxRetries) implements DatabaseConfig {

        @Override
        public Optional<String> urlProblem() {
            return Optional.empty();
        }

        @Override
        public Duration connectRetry() {
            return Duration.ofMillis(100);
        }
    }
}
