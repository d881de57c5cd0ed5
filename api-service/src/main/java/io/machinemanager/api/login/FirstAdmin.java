package io.machinemanager.api.login;

import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.startup.StartupRefusal;
import io.machinemanager.user.UserService;
import io.quarkus.runtime.StartupEvent;

/** Makes the first admin at start, so that there is somebody who can log in. */
@ApplicationScoped
class FirstAdmin {

    void seed(@Observes StartupEvent start, UserService users) {
        try {
            users.seedAdmin();
        } catch (IllegalStateException e) {
            throw StartupRefusal.because(List.of(e.getMessage()));
        }
    }
}
