package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;

/** A new password for an account that is there, on Debian and on busybox. */
class NewPasswordTest extends DebianAndBusybox {

    private static final String NEW = "new words";
    private static final String HASH = AccountPassword.hash(NEW);

    @AfterEach
    void removeFakes() {
        machine(Flavour.DEBIAN).endFakes();
    }

    private static AccountResult change(LabMachine machine, String account, long token) {
        return work.result(AccountTask.newPassword(machine.target(), account, token, HASH));
    }

    private static boolean newPasswordWorks(LabMachine machine, String account) {
        return new SshLogin(machine, account, NEW).works();
    }

    private static boolean oldPasswordIsRefused(LabMachine machine, String account) {
        return AccountWork.login(machine, account).isRefused();
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void newPasswordLogsInTheOldOneDoesNotAndNothingElseChanges(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        work.create(machine, "alice", token);
        List<String> before = others(machine, "alice");

        try (var session = AccountWork.login(machine, "alice").open()) {
            assertThat(change(machine, "alice", token)).isEqualTo(AccountResult.done());
            session.type("echo still-$((40+2))");
            Awaitility.await().until(() -> session.screen().contains("still-42"));
        }
        assertThat(newPasswordWorks(machine, "alice")).isTrue();
        assertThat(oldPasswordIsRefused(machine, "alice")).isTrue();
        assertThat(others(machine, "alice")).isEqualTo(before);

        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
        assertThat(machine.passwdHas("alice")).isFalse();
    }

    /** The lists, without the password and the day of its change, and what is in the home. */
    private static List<String> others(LabMachine machine, String account) {
        List<String> lines = new ArrayList<>(machine.lines("/etc/passwd"));
        lines.addAll(machine.lines("/etc/group"));
        machine.lines("/etc/shadow").forEach(line -> lines.add(line.startsWith(account + ":")
                ? line.replaceFirst("^([^:]*):[^:]*:[^:]*:", "$1:")
                : line));
        lines.add(machine
                .exec("sh", "-c", "find /home/" + account + " ! -name '.*_history' -exec stat -c '%n %a %U' {} +")
                .output());
        return lines;
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void accountThatHadOnlyKeysGetsAPasswordBesideThem(Flavour flavour) throws IOException {
        LabMachine machine = machine(flavour);
        long token = createWithKey(machine, "bert");

        assertThat(change(machine, "bert", token)).isEqualTo(AccountResult.done());
        assertThat(newPasswordWorks(machine, "bert")).isTrue();
        assertThat(key.run(machine, "bert", "id -un")).isEqualTo("bert\n");
        assertThat(work.remove(machine, "bert", token)).isEqualTo(AccountResult.done());
    }

    private static long createWithKey(LabMachine machine, String account) {
        long token = AccountWork.newToken();
        assertThat(createWithKey(machine, account, token, false)).isEqualTo(AccountResult.done());
        return token;
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void accountThatIsNotOursIsRefusedAndUntouched(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        work.create(machine, "cora", token);
        machine.exec("sh", "-c", "useradd person || adduser -D person");
        List<String> before = machine.lines("/etc/shadow");

        assertThat(change(machine, "cora", token + 1)).isEqualTo(
                new AccountResult(Outcome.REFUSED, "The account cora on the machine is not ours."));
        assertThat(change(machine, "cora", token - 1).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(change(machine, "person", AccountWork.newToken())).isEqualTo(
                new AccountResult(Outcome.REFUSED, "The account person on the machine is not ours."));
        assertThat(change(machine, "nobody-there", AccountWork.newToken())).isEqualTo(
                new AccountResult(Outcome.REFUSED, "There is no account nobody-there on the machine."));
        assertThat(machine.lines("/etc/shadow")).isEqualTo(before);
        assertThat(AccountWork.login(machine, "cora").works()).isTrue();

        assertThat(work.remove(machine, "cora", token)).isEqualTo(AccountResult.done());
        assertThat(change(machine, "cora", token)).isEqualTo(
                new AccountResult(Outcome.REFUSED, "This reservation was already cleaned up on the machine."));
        machine.exec("sh", "-c", "userdel person || deluser person");
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void repeatingAChangeIsHarmless(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        work.create(machine, "dora", token);
        for (int i = 0; i < 3; i++) {
            assertThat(change(machine, "dora", token)).isEqualTo(AccountResult.done());
        }

        assertThat(newPasswordWorks(machine, "dora")).isTrue();
        assertThat(machine.lines(record("dora"))).contains("hash " + HASH, "ready").hasSize(6);
        assertThat(work.found(machine)).containsEntry("dora", token);
        assertThat(work.remove(machine, "dora", token)).isEqualTo(AccountResult.done());
    }

    private static String record(String account) {
        return "/var/lib/machine-manager/accounts/" + account;
    }

    @Test
    void accountStaysOursByItsNewPassword() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = AccountWork.newToken();
        work.create(machine, "emil", token);
        assertThat(change(machine, "emil", token)).isEqualTo(AccountResult.done());
        changeAllButThePassword(machine, "emil");

        assertThat(work.remove(machine, "emil", token)).isEqualTo(AccountResult.done());
        assertThat(machine.passwdHas("emil")).isFalse();
    }

    /** As a user with sudo could do it. */
    private static void changeAllButThePassword(LabMachine machine, String account) {
        machine.exec("sed", "-i", "s/^\\(%s:[^:]*\\):[^:]*:[^:]*:[^:]*:/\\1:2345:2345:someone:/".formatted(account),
                "/etc/passwd");
        assertThat(machine.uidOf(account)).hasValue(2345);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit 1", "/usr/sbin/chpasswd -e; exit 1" })
    void changeThatDiedHalfWayLeavesTheAccountOurs(String chpasswd) {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = AccountWork.newToken();
        work.create(machine, "fred", token);
        machine.fake("chpasswd", chpasswd);
        assertThat(change(machine, "fred", token).reason()).startsWith("The password could not be set");
        assertThat(change(machine, "fred", token).outcome()).isEqualTo(Outcome.FAILED);
        removeFakes();
        assertThat(AccountWork.login(machine, "fred").works()).isNotEqualTo(newPasswordWorks(machine, "fred"));
        changeAllButThePassword(machine, "fred");

        assertThat(change(machine, "fred", token)).isEqualTo(AccountResult.done());
        assertThat(newPasswordWorks(machine, "fred")).isTrue();
        assertThat(machine.lines(record("fred"))).filteredOn(line -> line.startsWith("hash "))
                .containsExactly("hash " + HASH);
        assertThat(work.remove(machine, "fred", token)).isEqualTo(AccountResult.done());
        assertThat(machine.passwdHas("fred")).isFalse();
    }

    @Test
    void accountThatIsHalfMadeIsRefused() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = AccountWork.newToken();
        work.create(machine, "gina", token);
        machine.exec("sed", "-i", "/ready/d", record("gina"));

        assertThat(change(machine, "gina", token))
                .isEqualTo(new AccountResult(Outcome.REFUSED, "The account gina is only half made."));
        assertThat(work.remove(machine, "gina", token)).isEqualTo(AccountResult.done());
    }

    @Test
    void accountWhoseRecordIsLostGetsAPasswordToo() {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = AccountWork.newToken();
        work.create(machine, "ida", token);
        machine.exec("rm", record("ida"));

        assertThat(change(machine, "ida", token)).isEqualTo(AccountResult.done());
        assertThat(newPasswordWorks(machine, "ida")).isTrue();
        assertThat(work.remove(machine, "ida", token)).isEqualTo(AccountResult.done());
        assertThat(machine.passwdHas("ida")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PasswordAuthentication no", "AuthenticationMethods publickey" })
    void passwordThatNobodyCouldLogInWithIsRefused(String setting) throws IOException {
        LabMachine machine = machine(Flavour.DEBIAN);
        long token = createWithKey(machine, "hana");
        machine.setSshd("Match User hana\n" + setting);

        AccountResult result = change(machine, "hana", token);
        assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(result.reason()).contains("password", setting);
        assertThat(machine.lines("/etc/shadow")).anyMatch(line -> line.startsWith("hana:*:"));
        assertThat(key.run(machine, "hana", "id -un")).isEqualTo("hana\n");

        machine.setSshd("");
        assertThat(work.remove(machine, "hana", token)).isEqualTo(AccountResult.done());
    }
}
