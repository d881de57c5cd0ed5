package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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

        assertThat(work.result(AccountTask.probe(machine.target())).withFacts(Map.of()))
                .isEqualTo(AccountResult.found(Map.of("gina", first, "hans", second)));
        work.remove(machine, "gina", first);
        work.remove(machine, "hans", second);
        assertThat(work.found(machine)).isEmpty();
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

    @Test
    void machinePasswordIsUsedLiterally() {
        LabMachine machine = lab.machine(2);
        List<String> passwords = List.of("{{ 7*7 }}", "'\"\\ $(id) `id` #", "pässwörd €😀", " {% raw %}!unsafe: %s ",
                "-oProxyCommand=id", "\"in quotes\"", "'in quotes'");
        List<AccountTask> removals = new ArrayList<>();
        for (String password : passwords) {
            // One machine is enough for all passwords: one is root's, the others are of users that have root's number.
            String user = password.contains("$(id)") ? "root" : "root" + removals.size();
            machine.exec("sh", "-c", "id \"$1\" || useradd -o -u 0 \"$1\"; printf '%s:%b\\n' \"$1\" \"$2\" | chpasswd",
                    "sh", user,
                    inOctal(password));
            removals.add(AccountWork.removal(
                    new Target(user, machine.host(), machine.port(), user, password, machine.hostKeys()),
                    "absent-account", AccountWork.newToken()));
        }

        assertThat(work.driver().submit(removals).stream().map(AccountWork::resultOf))
                .hasSameSizeAs(passwords).containsOnly(AccountResult.done());
    }

    /** The text in ASCII, because the locale of this process decides the encoding of arguments of other programs. */
    private static String inOctal(String text) {
        StringBuilder octal = new StringBuilder();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            octal.append("\\0%03o".formatted(value & 0xff));
        }
        return octal.toString();
    }
}
