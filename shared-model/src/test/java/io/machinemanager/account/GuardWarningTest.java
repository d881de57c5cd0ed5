package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshSession;

/** The guard warns on the terminals of an account before its end. */
class GuardWarningTest extends GuardTestBase {

    private static final String WARNING = "Your access to this machine ends at 2031-05-06 07:08 UTC, in 2 min.";

    private static int warnings(SshSession session) {
        return session.screen().split("Your access to this machine ends", -1).length - 1;
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void aPromptIsWarnedOnceAndAProgramIsNot(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "alice", token, end(120, 60, 115, 60));
        try (var prompt = AccountWork.login(machine, "alice").open();
                var program = AccountWork.login(machine, "alice").open();
                var closed = AccountWork.login(machine, "alice").open()) {
            program.type("echo begun; cat");
            closed.type("chmod g-w $(tty); echo begun");
            Awaitility.await().until(() -> program.screen().split("begun", -1).length > 2
                    && closed.screen().split("begun", -1).length > 2);

            soon().until(() -> warnings(prompt) == 1);
            assertThat(prompt.screen()).contains(WARNING, "PATCH /requests/" + REQUEST + " {\"extend_minutes\": 60}");
            // the next round warns a new terminal, so that it has passed for all of them
            try (var later = AccountWork.login(machine, "alice").open()) {
                soon().until(() -> warnings(later) == 1);
            }
            assertThat(warnings(prompt)).isEqualTo(1);
            assertThat(warnings(program)).isZero();
            assertThat(warnings(closed)).isZero();
            program.type("\u0004");
            soon().until(() -> warnings(program) == 1);
        }
        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
    }

    @ParameterizedTest
    @MethodSource("flavours")
    @Tag("deep")
    void anExtensionArmsTheWarningsAgain(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "berta", token, end(100, 60, 95));
        try (var session = AccountWork.login(machine, "berta").open()) {
            soon().until(() -> warnings(session) == 1);
            moveEnd(machine, "berta", token, end(110, 60, 105));
            soon().until(() -> warnings(session) == 2);
        }
        assertThat(work.remove(machine, "berta", token)).isEqualTo(AccountResult.done());
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void aTerminalThatIsStoppedDoesNotStopTheGuard(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "carl", token, end(15, 1, 12));
        try (var session = AccountWork.login(machine, "carl").open()) {
            session.type("stty ixon; echo is-$((40+2))");
            Awaitility.await().until(() -> session.screen().contains("is-42"));
            // Ctrl-S: a program that writes to the terminal waits from now on
            session.type("\u0013");
            assertThat(session.isCutWithin(Duration.ofSeconds(60))).isTrue();
        }
        soon().until(() -> AccountWork.login(machine, "carl").isRefused());
        assertThat(work.remove(machine, "carl", token)).isEqualTo(AccountResult.done());
    }
}
