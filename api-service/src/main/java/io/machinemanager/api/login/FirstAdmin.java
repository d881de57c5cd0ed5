package io.machinemanager.api.login;

import java.sql.SQLException;
import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.database.DatabasePatience;
import io.machinemanager.startup.StartupRefusal;
import io.machinemanager.user.UserService;
import io.quarkus.runtime.StartupEvent;

/** Makes the first admin at start, so that there is somebody who can log in. */
@ApplicationScoped
class FirstAdmin {

    void seed(@Observes StartupEvent start, UserService users, DatabasePatience patience) throws SQLException {
        try {
            patience.insist(users::seedAdmin);
        } catch (IllegalStateException e) {
            throw StartupRefusal.because(List.of(e.getMessage()));
        }
    }
}
