package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;

/** An account is only DONE when its user can log in by a method that was asked for. */
class LogInCheckTest extends EachDriver {

    private static final String KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDpXz6Tb1gqTkqvXW9o3nKz0c5fGkK7Cw1rFh3WQvZpM";

    private static LabMachine machine;

    @BeforeAll
    static void start() {
        lab = Lab.start(1);
        machine = lab.machine(0);
        machine.exec("sh", "-c", "mkdir /root/kept; cp -a /etc/pam.d/sshd /etc/security/access.conf /root/kept");
    }

    @AfterEach
    void putBack() {
        work.remove(machine, "ops", token);
        machine.exec("sh", "-c", """
                rm -rf /etc/ssh/sshd_config.d/00-test.conf /etc/nologin /etc/ssh/users /etc/ssh/keys
                cp -a /root/kept/sshd /etc/pam.d; cp -a /root/kept/access.conf /etc/security""");
        readSettings();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            PasswordAuthentication no                                | password | REFUSED  | takes no passwords (PasswordAuthentication no)
            PubkeyAuthentication no                                  | key      | REFUSED  | takes no keys (PubkeyAuthentication no)
            PasswordAuthentication no;PubkeyAuthentication no        | password | UNUSABLE | takes no passwords
            AllowUsers root                                | password | UNUSABLE | lets only some users in
            AllowUsers root anna                           | password | REFUSED  | not ops (AllowUsers)
            AllowUsers root x*                                       | password | REFUSED  | not ops (AllowUsers)
            AllowGroups root                               | password | UNUSABLE | lets only some groups in
            AllowGroups root lent                          | password | REFUSED  | not ops (AllowGroups)
            DenyUsers o*s                                            | password | REFUSED  | does not let ops in (DenyUsers)
            DenyGroups ops                                           | key      | REFUSED  | the group of ops in (DenyGroups)
            Match User ops;PasswordAuthentication no                 | password | REFUSED  | takes no passwords
            Match Group ops;PasswordAuthentication no                | password | REFUSED  | takes no passwords
            Match User ops Address 127.0.0.1;PasswordAuthentication no | password | REFUSED  | takes no passwords
            Match User ops;AuthenticationMethods publickey,password  | password | REFUSED  | asks for more
            Match User ops;ForceCommand internal-sftp                | password | REFUSED  | no shell (ForceCommand)
            Match User ops;AuthorizedKeysFile /etc/ssh/keys/%u       | key      | REFUSED  | reads no keys from the home
            Match User ops;PubkeyAcceptedAlgorithms rsa-sha2-512     | key      | REFUSED  | no keys of the type ssh-ed25519
            """)
    void noAccountIsMadeWhereSshdKeepsItOut(String settings, String way, Outcome outcome, String reason) {
        sshd(settings);
        AccountResult result = create("ops", way);

        assertThat(result.outcome()).isEqualTo(outcome);
        assertThat(result.reason()).contains(reason);
        assertThat(machine.passwdHas("ops")).isFalse();
        assertThat(machine.homeExists("ops")).isFalse();
        assertThat(work.result(AccountTask.probe(machine.target())).outcome())
                .isEqualTo(outcome == Outcome.UNUSABLE ? Outcome.UNUSABLE : Outcome.DONE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            PasswordAuthentication no                                              | key
            PubkeyAuthentication no                                                | password
            PasswordAuthentication no;KbdInteractiveAuthentication yes             | password
            AllowUsers root ops                                          | password
            AllowUsers root o?s@127.*                                    | password
            AllowGroups root o*                                          | password
            DenyUsers op op?s ops@10.0.0.1                                         | password
            Match User ops;AuthenticationMethods publickey,password password       | password
            Match Address 10.0.0.0/8;PasswordAuthentication no                     | password
            Match User ops;AuthorizedKeysFile /etc/ssh/keys/%u .ssh/authorized_keys | key
            """)
    void accountIsMadeWhereSshdLetsItIn(String settings, String way) {
        sshd(settings);
        assertThat(create("ops", way)).isEqualTo(AccountResult.done());
        if (way.equals("password") && !settings.contains("Kbd")) {
            assertThat(login(machine, "ops").works()).as("log-in under: " + settings).isTrue();
        }
        assertThat(work.result(AccountTask.probe(machine.target())).outcome()).isEqualTo(Outcome.DONE);
        assertThat(work.remove(machine, "ops", token)).isEqualTo(AccountResult.done());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            -:ALL EXCEPT root:ALL      |               | UNUSABLE
            +:root:ALL                 | -:ALL:ALL     | UNUSABLE
            +:root anna:ALL            | -:ALL:ALL     | REFUSED
            -:ops:ALL                            |               | REFUSED
            +:root ops:ALL             | -:ALL:ALL     | DONE
            +:root (ops):ALL           | -:ALL:ALL     | DONE
            -:ALL EXCEPT root ops:ALL  |               | DONE
            -:ALL:LOCAL                          |               | DONE
            """)
    void pamAccessIsRespected(String first, String second, Outcome outcome) {
        machine.exec("sh", "-c", "echo 'account required pam_access.so' >>/etc/pam.d/sshd;"
                + " printf '%s\\n' \"$@\" >>/etc/security/access.conf", "sh", first, second == null ? "" : second);
        AccountResult result = create("ops", "password");

        assertThat(result.outcome()).isEqualTo(outcome);
        if (outcome == Outcome.DONE) {
            assertThat(login(machine, "ops").works()).isTrue();
            assertThat(work.remove(machine, "ops", token)).isEqualTo(AccountResult.done());
        } else {
            assertThat(result.reason()).contains("PAM", "/etc/security/access.conf");
            assertThat(machine.passwdHas("ops")).isFalse();
        }
    }

    @Test
    void pamListfileIsRespected() {
        machine.exec("sh", "-c", "echo root >/etc/ssh/users; sed -i '1i"
                + "auth required pam_listfile.so item=user sense=allow file=/etc/ssh/users onerr=fail' /etc/pam.d/sshd");

        assertThat(create("ops", "password")).isEqualTo(new AccountResult(Outcome.UNUSABLE,
                "PAM lets only the users of /etc/ssh/users in, and not ops."));
    }

    @Test
    void noAccountIsMadeWhereOnlyRootMayLogInAndAProbeSaysSo() {
        long other = AccountWork.newToken();
        work.create(machine, "anna", other);
        machine.exec("touch", "/etc/nologin");
        String reason = "The file /etc/nologin on the machine keeps all users but root from logging in.";

        assertThat(create("ops", "password")).isEqualTo(new AccountResult(Outcome.UNUSABLE, reason));
        assertThat(work.result(AccountTask.probe(machine.target())).withFacts(Map.of()))
                .isEqualTo(AccountResult.unusable(reason, Map.of("anna", other)));

        machine.exec("rm", "/etc/nologin");
        assertThat(work.result(AccountTask.probe(machine.target())).withFacts(Map.of()))
                .isEqualTo(AccountResult.found(Map.of("anna", other)));
        work.remove(machine, "anna", other);
    }

    @Test
    void foreignKeysForTheNameAreNoticed() {
        sshd("AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u");
        machine.exec("sh", "-c", "mkdir /etc/ssh/keys; echo '" + KEY + "' >/etc/ssh/keys/ops");

        assertThat(create("ops", "password")).isEqualTo(new AccountResult(Outcome.REFUSED,
                "SSH keys for ops exist on the machine in /etc/ssh/keys/ops."));
    }

    @Test
    void rulesForAddressesAreCheckedWithTheServicesAddressEvenThroughSudo() {
        machine.exec("sh", "-c", "useradd -m operator1; echo operator1:secret | chpasswd;"
                + " echo 'operator1 ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/operator1");
        sshd("Match User ops Address 127.0.0.1;PasswordAuthentication no");
        Target target = new Target(machine.name(), machine.host(), machine.port(), "operator1", "secret",
                machine.hostKeys());

        assertThat(work.result(AccountWork.creation(target, "ops", AccountWork.newToken())).reason())
                .contains("takes no passwords");
    }

    private long token = AccountWork.newToken();

    private AccountResult create(String account, String way) {
        token = AccountWork.newToken();
        AccountLogin login = way.equals("key")
                ? new AccountLogin(AccountPassword.NONE, KEY, false)
                : new AccountLogin(AccountWork.HASH, null, false);
        return work.result(new AccountTask(machine.target(), Action.CREATE, account, token, login));
    }

    /** Changes settings of sshd for each log-in from now on. */
    private static void sshd(String settings) {
        machine.exec("sh", "-c",
                "printf '%s\\n' \"$1\" >/etc/ssh/sshd_config.d/00-test.conf",
                "sh", settings.replace(";", "\n") + "\nMatch User root\nPasswordAuthentication yes\n");
        readSettings();
    }

    private static void readSettings() {
        machine.exec("sh", "-c", "kill -HUP $(cat /run/sshd.pid)");
        Awaitility.await().until(new SshLogin(machine, "root", machine.password())::works);
    }
}
