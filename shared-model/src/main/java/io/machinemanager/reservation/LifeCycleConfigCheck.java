package io.machinemanager.reservation;

import java.time.Duration;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.startup.StartupCheck;

/** Refuses settings with which the life cycle could not work, or would do nothing but turn in circles. */
@ApplicationScoped
class LifeCycleConfigCheck implements StartupCheck {

    private final ReservationConfig reservations;
    private final MachineConfig machines;
    private final AccountConfig accounts;

    LifeCycleConfigCheck(ReservationConfig reservations, MachineConfig machines, AccountConfig accounts) {
        this.reservations = reservations;
        this.machines = machines;
        this.accounts = accounts;
    }

    @Override
    public Stream<String> problems() {
        return Stream.of(
                problem(reservations.maxMinutes() < 1, "RESERVATION_MAX_MINUTES must be at least 1."),
                problem(reservations.maxMachines() < 0, "RESERVATION_MAX_MACHINES must not be negative."),
                problem(reservations.sparePoolPercent() < 0 || reservations.sparePoolPercent() > 100,
                        "SPARE_POOL_PERCENT must be 0 to 100."),
                problem(isUnder(reservations.claim(), 3), "CLAIM_DURATION must be at least 3 seconds."),
                problem(isUnder(reservations.provisioningTimeout(), 1),
                        "PROVISIONING_TIMEOUT must be at least a second."),
                problem(isUnder(machines.healthInterval(), 1), "SSH_HEALTH_INTERVAL must be at least a second."),
                problem(isUnder(accounts.healthTimeout(), 1), "SSH_HEALTH_TIMEOUT must be at least a second."),
                problem(machines.healthConcurrency() < 1, "SSH_HEALTH_CONCURRENCY must be at least 1."))
                .flatMap(problems -> problems);
    }

    private static boolean isUnder(Duration duration, int seconds) {
        return duration.compareTo(Duration.ofSeconds(seconds)) < 0;
    }

    private static Stream<String> problem(boolean wrong, String problem) {
        return wrong ? Stream.of(problem) : Stream.empty();
    }
}
