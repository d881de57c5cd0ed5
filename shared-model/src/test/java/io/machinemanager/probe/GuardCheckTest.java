package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.machinemanager.account.AccountScript;
import io.machinemanager.account.GuardConfig;
import io.machinemanager.machine.MachineFacts;
import io.machinemanager.probe.ProbeVerdict.Answered;

class GuardCheckTest {

    private record Settings(boolean enabled, Duration grace) implements GuardConfig {

        @Override
        public Optional<List<Duration>> warnBefore() {
            return Optional.empty();
        }
    }

    private static Answered probed(Map<String, Long> left, Map<String, String> facts) {
        return new Answered(null, Map.of("alice", 7L), left, Map.of(), MachineFacts.of(facts));
    }

    private static boolean needsEnd(Long seconds, String version, boolean enabled, String grace) {
        return GuardCheck.needsEnd(
                probed(seconds == null ? Map.of() : Map.of("alice", seconds),
                        version == null ? Map.of() : Map.of("guard", version)),
                "alice", Duration.ofSeconds(1000), new Settings(enabled, Duration.parse(grace)));
    }

    @ParameterizedTest
    @CsvSource({"1000, PT5M, false", "971, PT5M, false", "1029, PT5M, false", "969, PT5M, true", "1031, PT5M, true",
            "-5, PT5M, true", "994, PT10S, true", "996, PT10S, false", ", PT5M, true" })
    void aMachineWithAnotherEndOrNoneNeedsIt(Long seconds, String grace, boolean needed) {
        assertThat(needsEnd(seconds, Long.toString(AccountScript.guardVersion()), true, grace)).isEqualTo(needed);
    }

    @Test
    void aMachineWhoseGuardDoesNotRunOrIsOlderNeedsIt() {
        assertThat(needsEnd(1000L, null, true, "PT5M")).isTrue();
        assertThat(needsEnd(1000L, Long.toString(AccountScript.guardVersion() - 1), true, "PT5M")).isTrue();
        assertThat(needsEnd(1000L, Long.toString(AccountScript.guardVersion() + 1), true, "PT5M")).isFalse();
    }

    @Test
    void withoutGuardsAMachineThatHasAnEndLosesIt() {
        assertThat(needsEnd(1000L, "1", false, "PT5M")).isTrue();
        assertThat(needsEnd(null, null, false, "PT5M")).isFalse();
    }
}
