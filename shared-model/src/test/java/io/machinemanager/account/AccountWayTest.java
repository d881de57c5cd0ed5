package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** Creation, probe and removal of an account. */
@BothDrivers
class AccountWayTest extends EachDriver {

    @BeforeAll
    static void start() {
        lab = Lab.start(3);
    }

    @Test
    void accountIsCreatedAndRemovedWithItsSession() {
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
    void probeListsOnlyOurAccounts() {
        LabMachine machine = lab.machine(0);
        long first = AccountWork.newToken();
        long second = AccountWork.newToken();
        work.create(machine, "gina", first);
        work.create(machine, "hans", second);
        machine.exec("useradd", "-c", "machine-manager", "person");
        // Where chfn is allowed, a user can change the mark like this.
        machine.exec("usermod", "-c", "machine-manager-1", "hans");

        assertThat(work.result(AccountTask.probe(machine.target())))
                .isEqualTo(AccountResult.found(Map.of("gina", first, "hans", second)));
        work.remove(machine, "gina", first);
        work.remove(machine, "hans", second);
        assertThat(work.result(AccountTask.probe(machine.target()))).isEqualTo(AccountResult.found(Map.of()));
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

    @ParameterizedTest
    @ValueSource(strings = {"{{ 7*7 }}", "'\"\\ $(id) `id` #", "pässwörd €😀", " {% raw %}!unsafe: %s ",
            "-oProxyCommand=id", "\"in quotes\"", "'in quotes'" })
    void machinePasswordIsUsedLiterally(String password) {
        LabMachine machine = lab.machine(2);
        // In ASCII, because the locale of this process decides the encoding of arguments of other programs.
        StringBuilder octal = new StringBuilder();
        for (byte value : password.getBytes(StandardCharsets.UTF_8)) {
            octal.append("\\0%03o".formatted(value & 0xff));
        }
        machine.exec("sh", "-c", "printf 'root:%b\\n' \"$1\" | chpasswd", "sh", octal.toString());
        Target target = new Target("two", machine.host(), machine.port(), "root", password, machine.hostKeys());

        assertThat(work.result(AccountWork.removal(target, "nobody-there", AccountWork.newToken())))
                .isEqualTo(AccountResult.done());
    }
}
