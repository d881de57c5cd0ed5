package io.machinemanager.startup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.group.LimitsConfig;
import io.machinemanager.machine.MachineConfig;
import io.machinemanager.reservation.ReservationConfig;
import io.machinemanager.testing.ConfigProblems;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.ConfigValidationException.Problem;
import io.smallrye.config.SmallRyeConfigBuilder;

class ConfigValidationTest {

    private interface Ours {
    }

    @Test
    void defaultsAreSound() {
        for (Class<?> config : List.of(AccountConfig.class, MachineConfig.class, ReservationConfig.class)) {
            assertThat(ConfigProblems.in(config, Map.of())).as(config.getName()).isEmpty();
        }
    }

    @Test
    void settingsWithWhichNothingWouldWorkAreRefusedByTheirNames() {
        assertThat(ConfigProblems.in(ReservationConfig.class,
                Map.of("reservations.spare-pool-percent", "101", "reservations.claim", "2s",
                        "reservations.provisioning-timeout", "999ms")))
                .containsExactly("CLAIM_DURATION must be at least 3 seconds.",
                        "PROVISIONING_TIMEOUT must be at least a second.",
                        "SPARE_POOL_PERCENT must be 0 to 100.");
        assertThat(ConfigProblems.in(LimitsConfig.class,
                Map.of("limits.max-minutes", "0", "limits.max-machines", "-1", "limits.max-queued", "-1")))
                .containsExactly("RESERVATION_MAX_MACHINES must not be negative.",
                        "RESERVATION_MAX_MINUTES must be at least 1.", "RESERVATION_MAX_QUEUED must not be negative.");
        assertThat(ConfigProblems.in(MachineConfig.class,
                Map.of("machines.health-interval", "0s", "machines.health-concurrency", "0")))
                .containsExactly("SSH_HEALTH_CONCURRENCY must be at least 1.",
                        "SSH_HEALTH_INTERVAL must be at least a second.");
        assertThat(ConfigProblems.in(AccountConfig.class, Map.of("accounts.health-timeout", "0s")))
                .containsExactly("SSH_HEALTH_TIMEOUT must be at least a second.");
    }

    @Test
    void lentAccountsNeedAHundredIdsThatNobodyElseUses() {
        String problem = "ACCOUNT_UID_FIRST and ACCOUNT_UID_LAST must leave at least 100 numbers between 1000 and 60000.";
        assertThat(uids(1000, 1099)).isEmpty();
        assertThat(uids(59_901, 60_000)).isEmpty();
        assertThat(uids(1000, 1098)).containsExactly(problem);
        assertThat(uids(999, 2000)).containsExactly(problem);
        assertThat(uids(20_000, 60_001)).containsExactly(problem);
    }

    private static List<String> uids(int first, int last) {
        return ConfigProblems.in(AccountConfig.class, Map.of("accounts.uid-first", Integer.toString(first),
                "accounts.uid-last", Integer.toString(last)));
    }

    @Test
    void problemsOfOursAreKeptForTheStartWithoutThePropertyAndOthersEndItAtOnce() {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder().withValidator((type, prefix, settings) -> {
            throw new ConfigValidationException(new Problem[]{new Problem("ours.time TIME must be short."),
                    new Problem("ours.time TIME must be long.") });
        });
        new ConfigValidation().configBuilder(builder);

        builder.getValidator().validateMapping(Ours.class, "ours", new Object());

        assertThat(ConfigValidation.problems()).contains("TIME must be short.", "TIME must be long.");
        assertThatThrownBy(() -> builder.getValidator().validateMapping(String.class, "others", ""))
                .isInstanceOf(ConfigValidationException.class);
    }

    @Test
    void problemsOfAnEarlierConfigurationAreForgotten() {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder().withValidator((type, prefix, settings) -> {
            // finds nothing
        });
        new ConfigValidation().configBuilder(builder);
        builder.getValidator().validateMapping(Ours.class, "ours", new Object());

        assertThat(ConfigValidation.problems()).doesNotContain("TIME must be short.");
    }
}
