package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;

/** A user at the service's address makes the machine's sshd refuse the service for a while. */
@BothDrivers
@Tag("deep")
class PenalisedServiceTest extends EachDriver {

    private static final String REASON = "The machine's SSH server refuses connections from this service for a while"
            + " (PerSourcePenalties); exempt the service's address with PerSourcePenaltyExemptList.";

    private LabMachine machine;

    @BeforeAll
    static void start() {
        lab = Lab.start(1);
    }

    @BeforeEach
    void turnPenaltiesOn() {
        machine = lab.machine(0);
        machine.setSshd("PerSourcePenalties authfail:30s min:45s max:60s");
    }

    @AfterEach
    void turnPenaltiesOff() {
        machine.setSshd("PerSourcePenalties no");
    }

    private void logInWithWrongPasswords() {
        Awaitility.await().atMost(Duration.ofMinutes(1)).pollDelay(Duration.ZERO)
                .until(() -> new SshLogin(machine, "alice", "wrong").attempt() == SshLogin.Outcome.UNREACHABLE);
    }

    @Test
    void removalUsesTheKeptConnectionOrNamesThePenaltyAndSucceedsAfterIt() {
        long token = AccountWork.newToken();
        assertThat(work.create(machine, "alice", token)).isEqualTo(AccountResult.done());
        try (var session = login(machine, "alice").open()) {
            logInWithWrongPasswords();

            AccountResult probe = work.result(AccountTask.probe(machine.target()));
            AccountResult removal = work.remove(machine, "alice", token);

            assertThat(probe).isEqualTo(new AccountResult(Outcome.UNREACHABLE, REASON));
            if (driver == Driver.SSH) {
                assertThat(removal).isEqualTo(AccountResult.done());
                assertThat(session.isCutWithin(Duration.ofSeconds(5))).isTrue();
            } else {
                assertThat(removal).isEqualTo(probe);
            }
            // A penalty ends by itself; each probe by Ansible takes seconds of a processor.
            Awaitility.await().atMost(Duration.ofMinutes(3)).pollInterval(Duration.ofSeconds(15))
                    .until(() -> work.result(AccountTask.probe(machine.target())).isDone());
            assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
        }
    }
}
