package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountLogin;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.Target;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.ssh.SshCredentials;

class ProvisioningProgressTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private Duration elapsed = Duration.ZERO;
    private final ProvisioningProgress progress = new ProvisioningProgress("alice", TIMEOUT, () -> elapsed);

    private static WorkItem item(int number) {
        return new WorkItem(100 + number, number, new Target("m" + number, "10.0.0." + number, 22, "root",
                SshCredentials.password("secret"), "ssh-ed25519 AAAA"), "alice", 1,
                new AccountLogin("hash", null, false), Optional.empty());
    }

    private static AccountResult failed(Outcome outcome, String reason) {
        return new AccountResult(outcome, reason);
    }

    private int record(Duration sinceBegin, Map<Integer, AccountResult> results) {
        elapsed = sinceBegin;
        List<Integer> numbers = results.keySet().stream().sorted().toList();
        return progress.record(numbers.stream().map(ProvisioningProgressTest::item).toList(),
                numbers.stream().map(results::get).toList());
    }

    private int record(Map<Integer, AccountResult> results) {
        return record(Duration.ZERO, results);
    }

    @Test
    void aRequestIsCompleteWhenAllAccountsAreMadeHoweverLongThatTook() {
        assertThat(record(TIMEOUT.multipliedBy(2), Map.of(1, AccountResult.done(), 2, AccountResult.done()))).isZero();
        assertThat(progress.made()).containsExactly(item(1), item(2));
    }

    @Test
    void asManyOtherMachinesAreNeededAsFailedAndFailedOnesAreNotTriedAgain() {
        assertThat(record(Map.of(1, AccountResult.done(), 2, failed(Outcome.UNREACHABLE, "no answer"), 3,
                failed(Outcome.REFUSED, "The name exists.")))).isEqualTo(2);
        assertThat(progress.failedMachines()).containsExactlyInAnyOrder(2L, 3L);

        assertThat(record(Map.of(4, AccountResult.done(), 5, failed(Outcome.FAILED, "no space left")))).isEqualTo(1);
        assertThat(record(Map.of(6, AccountResult.done()))).isZero();
        assertThat(progress.made()).containsExactly(item(1), item(4), item(6));
        assertThat(progress.failedMachines()).containsExactlyInAnyOrder(2L, 3L, 5L);
    }

    @Test
    void noOtherMachineIsTriedAfterTheTimeout() {
        assertThat(record(TIMEOUT, Map.of(1, failed(Outcome.FAILED, "no space left")))).isEqualTo(1);

        assertThatThrownBy(() -> record(TIMEOUT.plusMillis(1), Map.of(2, failed(Outcome.FAILED, "disk gone"))))
                .isInstanceOf(ProvisioningFailedException.class)
                .hasMessage("No account could be made on enough machines in time. m1: no space left m2: disk gone");
    }

    @Test
    void workThatCannotStartOnOurSideFailsTheRequestAtOnce() {
        assertThatThrownBy(() -> record(Map.of(1, AccountResult.done(), 2,
                failed(Outcome.NOT_STARTED, "The disk is full.")))).isInstanceOf(ProvisioningFailedException.class)
                .hasMessage("The disk is full.");
    }

    @Test
    void aLostRunIsRepeatedOnOtherMachinesOnce() {
        assertThat(record(Map.of(1, failed(Outcome.RUN_LOST, "Ansible was killed.")))).isEqualTo(1);

        assertThatThrownBy(() -> record(Map.of(2, failed(Outcome.RUN_LOST, "Ansible was killed."))))
                .isInstanceOfSatisfying(ProvisioningFailedException.class,
                        e -> assertThat(e.details().toString()).contains("m1").doesNotContain("m2"))
                .hasMessage("Ansible was killed.");
    }

    @Test
    void aRoundWithoutALostRunAllowsAnotherLostRun() {
        record(Map.of(1, failed(Outcome.RUN_LOST, "Ansible was killed.")));
        record(Map.of(2, failed(Outcome.UNREACHABLE, "no answer")));

        assertThat(record(Map.of(3, failed(Outcome.RUN_LOST, "Ansible was killed.")))).isEqualTo(1);
    }

    @Test
    void aNameThatEveryMachineRefusesIsAConflict() {
        record(Map.of(1, failed(Outcome.REFUSED, "The name exists.")));

        assertThat(progress.noReplacement(false)).isInstanceOf(ConflictException.class)
                .hasMessage("The account name alice cannot be used. m1: The name exists."
                        + " There are no other machines: take another name.");
        assertThat(progress.noReplacement(true)).isInstanceOf(ConflictException.class)
                .hasMessageEndingWith("reserved or out of order now: try again later, or take another name.");
    }

    @Test
    void aMachineThatFailedBesideRefusalsIsAFailure() {
        record(Map.of(1, failed(Outcome.REFUSED, "The name exists."), 2, failed(Outcome.FAILED, "No space left.")));

        assertThat(progress.noReplacement(false)).isInstanceOf(ProvisioningFailedException.class)
                .hasMessage("Machines failed and no others are free. m1: The name exists. m2: No space left.");
    }

    @Test
    void aMessageNamesFiveMachinesAndCountsTheOthers() {
        IntStream.rangeClosed(1, 7).forEach(i -> record(Map.of(i, failed(Outcome.FAILED, "no space left"))));

        assertThat(progress.noReplacement(false).getMessage()).contains("m5: ").doesNotContain("m6")
                .endsWith(" And 2 more.");
    }
}
