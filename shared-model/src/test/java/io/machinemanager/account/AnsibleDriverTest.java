package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** The whole way to machines and back. */
class AnsibleDriverTest {

    @TempDir
    static Path workDir;
    private static Lab lab;
    private static AnsibleDriver driver;
    private static AccountWork work;

    @BeforeAll
    static void start() {
        lab = Lab.start(2);
        driver = new AnsibleDriver(TestSettings.in(workDir));
        work = new AccountWork(driver);
    }

    @AfterAll
    static void stop() {
        driver.close();
        lab.close();
    }

    @Test
    void accountIsMadeAndGoneAgainWithItsSession() {
        LabMachine machine = lab.machine(0);
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "alice", token)).isEqualTo(AccountResult.done());
        assertThat(login(machine, "alice").works()).isTrue();
        assertThat(lab.machine(1).passwdHas("alice")).isFalse();

        try (var session = login(machine, "alice").open()) {
            assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
            assertThat(session.isCutWithin(Duration.ofSeconds(5))).isTrue();
        }
        assertThat(machine.passwdHas("alice")).isFalse();
        assertThat(machine.homeExists("alice")).isFalse();
        assertThat(login(machine, "alice").isRefused()).isTrue();
    }

    @Test
    void repeatingWorkIsHarmless() {
        LabMachine machine = lab.machine(0);
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "bert", token).isDone()).isTrue();
        assertThat(work.create(machine, "bert", token).isDone()).isTrue();
        assertThat(login(machine, "bert").works()).isTrue();
        assertThat(work.remove(machine, "bert", token).isDone()).isTrue();
        assertThat(work.remove(machine, "bert", token).isDone()).isTrue();
    }

    @Test
    void lateCreationAfterTheRemovalIsRefused() {
        LabMachine machine = lab.machine(0);
        long token = AccountWork.newToken();

        assertThat(work.remove(machine, "cora", token).isDone()).isTrue();
        assertThat(work.create(machine, "cora", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "This reservation was already cleaned up on the machine."));
        assertThat(machine.passwdHas("cora")).isFalse();
    }
}
