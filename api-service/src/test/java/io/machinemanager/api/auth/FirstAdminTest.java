package io.machinemanager.api.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.database.DatabaseRetry;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.User;
import io.machinemanager.user.UserService;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class FirstAdminTest {

    @Inject
    FirstAdmin firstAdmin;

    @Inject
    UserService users;

    @Inject
    DatabaseRetry patience;

    @Inject
    ApiFixture scene;

    MariaDb database;

    @Test
    void aStartThatMeetsTheDatabaseGoingDownWaitsForIt() {
        scene.reset();
        scene.change(() -> User.deleteAll());
        database.stop();
        CompletableFuture<Void> seeded = CompletableFuture.runAsync(this::seed);
        database.resume();

        assertThat(seeded).succeedsWithin(Duration.ofSeconds(30));
        assertThat(ApiFixture.tokenOf("admin")).isNotEmpty();
    }

    private void seed() {
        try {
            firstAdmin.seed(new StartupEvent(), users, patience);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
