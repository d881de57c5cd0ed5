package io.machinemanager.api.health;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import javax.sql.DataSource;

import jakarta.enterprise.context.ApplicationScoped;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

import io.machinemanager.database.DatabaseFailure;

/** Checks that the database accepts writes. The datasource's own check shows that it answers. */
@Readiness
@ApplicationScoped
class DatabaseWritesCheck implements HealthCheck {

    private final DataSource database;

    DatabaseWritesCheck(DataSource database) {
        this.database = database;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("The database takes changes");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement
                        .executeQuery(
                                "select concat(@@global.read_only) in ('0', 'OFF') and not @@global.innodb_read_only")) {
            row.next();
            return row.getBoolean(1) ? answer.up().build() : answer.down().withData("database", "is read-only").build();
        } catch (SQLException e) {
            return answer.down().withData("database", DatabaseFailure.state(e)).build();
        }
    }
}
