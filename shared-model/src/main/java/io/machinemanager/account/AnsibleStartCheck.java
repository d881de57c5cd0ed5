package io.machinemanager.account;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.quarkus.logging.Log;
import io.quarkus.runtime.StartupEvent;

/**
 * Says in the log at the start when account work cannot be done. The service starts all the same, and without waiting:
 * everything but account work serves well, and reservations give the reason too.
 */
@ApplicationScoped
class AnsibleStartCheck {

    void check(@Observes StartupEvent event, AccountConfig config) {
        Thread.ofVirtual().name("ansible-check")
                .start(() -> AnsibleVersion.problemWith(config.playbook()).ifPresent(Log::error));
    }
}
