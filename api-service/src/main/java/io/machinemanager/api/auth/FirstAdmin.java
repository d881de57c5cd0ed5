package io.machinemanager.api.auth;

import java.sql.SQLException;
import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.DatabaseRetry;
import io.machinemanager.startup.StartupFailure;
import io.machinemanager.user.UserService;
import io.quarkus.runtime.StartupEvent;

/** Creates the first admin at the start, so that an admin can log in. */
@ApplicationScoped
class FirstAdmin {

    void seed(@Observes StartupEvent start, UserService users, DatabaseRetry patience) throws SQLException {
        try {
            patience.retry(users::seedAdmin);
        } catch (IllegalStateException e) {
            throw StartupFailure.because(List.of(e.getMessage()));
        }
    }
}
