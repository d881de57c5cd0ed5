package io.machinemanager.api.login;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.machinemanager.user.UserService;
import io.quarkus.runtime.StartupEvent;

/** Makes the first admin at start, so that there is somebody who can log in. */
@ApplicationScoped
class FirstAdmin {

    void seed(@Observes StartupEvent start, UserService users) {
        users.seedAdmin();
    }
}
