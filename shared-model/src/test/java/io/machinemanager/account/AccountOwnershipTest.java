package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;

/** Only accounts of ours are changed or removed. The service logs in to the machine as a user with sudo. */
class AccountOwnershipTest extends EachDriver {

    private static LabMachine machine;

    @BeforeAll
    static void start() {
        lab = Lab.start(1, Flavour.DEBIAN, "--ssh-user", "operator1");
        machine = lab.machine(0);
        machine.exec("useradd", "--create-home", "person");
        machine.exec("groupadd", "crowd");
        machine.exec("mkdir", "/home/folder");
        machine.exec("sh", "-c", "echo 'chief ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/chief");
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator1", "person", "crowd", "folder", "chief", "_apt" })
    void nameInUseOnTheMachineIsRefusedAndNothingIsTouched(String name) {
        List<String> before = accounts();
        AccountResult result = work.create(machine, name, AccountWork.newToken());

        assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(result.reason()).contains(name, "is not ours");
        assertThat(accounts()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"operator1", "person", "crowd", "folder", "_apt" })
    void removalOfAForeignAccountTouchesNothing(String name) {
        List<String> before = accounts();

        assertThat(work.remove(machine, name, AccountWork.newToken()).isDone()).isTrue();
        assertThat(accounts()).isEqualTo(before);
        assertThat(machine.homeExists("person")).isTrue();
        assertThat(machine.homeExists("folder")).isTrue();
        assertThat(new SshLogin(machine, machine.user(), machine.password()).works()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"root", "daemon", "-rf", "a b", "$(reboot)", "x\ny" })
    void nameThatMayNotBeUsedNeverReachesTheMachine(String name) {
        Target nowhere = new Target("nowhere", "127.0.0.1", 1, "root", "x", machine.hostKeys());

        assertThat(work.result(AccountWork.creation(nowhere, name, 1)).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(work.result(AccountWork.removal(nowhere, name, 1)).outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void accountOfAnotherReservationIsNotOurs() {
        long token = AccountWork.newToken();
        assertThat(work.create(machine, "alice", token)).isEqualTo(AccountResult.done());
        List<String> before = accounts();

        assertThat(work.create(machine, "alice", AccountWork.newToken()).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(work.remove(machine, "alice", token - 1).isDone()).isTrue();
        assertThat(accounts()).isEqualTo(before);
        assertThat(login(machine, "alice").works()).isTrue();
        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
        assertThat(machine.passwdHas("alice")).isFalse();
    }

    @Test
    void accountIsRemovedEvenWhenADirectoryServiceHasTheName() {
        long token = AccountWork.newToken();
        work.create(machine, "dora", token);
        machine.exec("sh", "-c", """
                cat > /usr/local/bin/getent <<'EOF'
                #!/bin/sh
                [ "$2" != dora ] || { echo 'dora:x:70000:70000:Dora:/home/dora:/bin/sh'; exit; }
                exec /usr/bin/getent "$@"
                EOF
                chmod 755 /usr/local/bin/getent""");

        assertThat(work.remove(machine, "dora", token)).isEqualTo(AccountResult.done());
        assertThat(machine.passwdHas("dora")).isFalse();
        assertThat(machine.homeExists("dora")).isFalse();
        machine.exec("rm", "/usr/local/bin/getent");
    }

    @Test
    void systemAccountWithOurMarkIsNotOurs() {
        machine.exec("useradd", "--system", "--comment", "machine-manager-5", "beat");
        List<String> before = accounts();

        assertThat(work.result(AccountTask.probe(machine.target())).accounts()).doesNotContainKey("beat");
        assertThat(work.remove(machine, "beat", 5).isDone()).isTrue();
        assertThat(accounts()).isEqualTo(before);
        machine.exec("userdel", "beat");
    }

    @Test
    void accountHasNoSpecialRights() {
        long token = AccountWork.newToken();
        work.create(machine, "bert", token);

        var session = login(machine, "bert").run("id -Gn; stat -c %a ~; sudo -n true 2>/dev/null && echo may-sudo");
        assertThat(session.output()).isEqualTo("bert\n700\n");
        work.remove(machine, "bert", token);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            plain   | true                                    | The account to log in to the machine with may not use sudo.
            nothing | echo 'nothing ALL=(ALL) NOPASSWD: ALL'  |
            asked   | echo 'asked ALL=(ALL) ALL'              |
            expired | usermod -e 1 expired                    | The account to log in to the machine with is locked, expired or without a shell.
            shut    | usermod -s /usr/sbin/nologin shut       | The account to log in to the machine with is locked, expired or without a shell.
            """)
    void userWithoutRootsRightsNeedsSudo(String user, String setUp, String problem) {
        machine.exec("sh", "-c", "useradd -m " + user + "; echo " + user + ":secret | chpasswd; " + setUp
                + " > /etc/sudoers.d/" + user);
        Target target = new Target(machine.name(), machine.host(), machine.port(), user, "secret", machine.hostKeys());
        AccountResult result = work.result(AccountWork.removal(target, "nobody-there", AccountWork.newToken()));

        assertThat(result).isEqualTo(problem == null
                ? AccountResult.done()
                : new AccountResult(Outcome.UNREACHABLE, problem));
    }

    @Test
    void machineDefaultsForExpiryAreOverridden() {
        machine.exec("sh", "-c",
                "cp -p /etc/login.defs /etc/default/useradd /root; echo 'PASS_MAX_DAYS 0' >> /etc/login.defs;"
                        + " printf 'EXPIRE=2001-01-01\\nINACTIVE=0\\n' >> /etc/default/useradd");
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "cora", token)).isEqualTo(AccountResult.done());
        assertThat(login(machine, "cora").works()).isTrue();
        work.remove(machine, "cora", token);
        machine.exec("sh", "-c", "mv /root/login.defs /etc; mv /root/useradd /etc/default");
    }

    private static List<String> accounts() {
        List<String> lines = new ArrayList<>();
        for (String name : List.of("passwd", "shadow", "group", "gshadow", "sudoers")) {
            lines.addAll(machine.lines("/etc/" + name));
        }
        return lines;
    }
}
