package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.machine.MachineFacts;
import io.machinemanager.machine.UnavailableCause;

class ProbeVerdictTest {

    private static ProbeVerdict verdict(Outcome outcome) {
        return ProbeVerdict.of(new AccountResult(outcome, "reason"));
    }

    @Test
    void aMachineThatAnswersTellsItsAccountsAlsoWhenItIsUnusable() {
        Map<String, Long> accounts = Map.of("alice", 7L);

        assertThat(ProbeVerdict.of(AccountResult.found(accounts))).isEqualTo(
                new ProbeVerdict.Answered(null, accounts, Map.of(), Map.of(), MachineFacts.of(Map.of())));
        assertThat(ProbeVerdict.of(AccountResult.unusable("/etc/nologin is there.", accounts)
                .withSecondsLeft(Map.of("alice", 60L)).withFacts(Map.of("cores", "4"))))
                .isEqualTo(new ProbeVerdict.Answered("/etc/nologin is there.", accounts, Map.of("alice", 60L),
                        Map.of("mm/cores", "4"), MachineFacts.of(Map.of("cores", "4"))));
    }

    @Test
    void aFailedLogInAndAFailedProbeTakeTheMachineOutOfThePool() {
        assertThat(verdict(Outcome.UNREACHABLE))
                .isEqualTo(new ProbeVerdict.Failed(UnavailableCause.UNREACHABLE, "reason", true));
        assertThat(verdict(Outcome.HOST_KEY_CHANGED))
                .isEqualTo(new ProbeVerdict.Failed(UnavailableCause.HOST_KEY, "reason", true));
        assertThat(verdict(Outcome.FAILED))
                .isEqualTo(new ProbeVerdict.Failed(UnavailableCause.UNREACHABLE, "reason", false));
    }

    @ParameterizedTest
    @EnumSource(value = Outcome.class, names = {"REFUSED", "NOT_STARTED", "RUN_LOST" })
    void aFailureOnOurSideSaysNothingAboutTheMachine(Outcome outcome) {
        assertThat(verdict(outcome)).isEqualTo(new ProbeVerdict.Unknown());
    }

    @Test
    void aReplacementStartsAfterEnoughFailedLogInsWhenThereAreSpares() {
        var failed = new ProbeVerdict.Failed(UnavailableCause.UNREACHABLE, "reason", true);

        assertThat(failed.needsReplacement(2, 3, 10)).isFalse();
        assertThat(failed.needsReplacement(3, 3, 10)).isTrue();
        assertThat(failed.needsReplacement(4, 3, 10)).isTrue();
        assertThat(failed.needsReplacement(3, 3, 0)).as("without spares").isFalse();
        assertThat(new ProbeVerdict.Failed(UnavailableCause.UNREACHABLE, "reason", false).needsReplacement(3, 3, 10))
                .as("the log-in worked").isFalse();
    }
}
