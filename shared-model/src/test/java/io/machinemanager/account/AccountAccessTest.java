package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** Access of a user to a machine, on Debian and on busybox, and its complete removal. */
class AccountAccessTest extends DebianAndBusybox {

    private static AccountLogin withPassword(boolean sudo) {
        return new AccountLogin(AccountWork.HASH, null, sudo);
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void keyLetsTheUserInAndNoPasswordDoes(Flavour flavour) throws IOException {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();

        assertThat(createWithKey(machine, "alice", token, false)).isEqualTo(AccountResult.done());
        assertThat(key.run(machine, "alice", "id -un; stat -c '%a %U' . .ssh .ssh/authorized_keys"))
                .isEqualTo("alice\n700 alice\n700 alice\n600 alice\n");
        assertThat(login(machine, "alice").isRefused()).isTrue();
        assertThat(machine.lines("/home/alice/.ssh/authorized_keys")).containsExactly(key.publicKey());

        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
        assertThat(key.run(machine, "alice", "id")).isEmpty();
        assertThat(machine.homeExists("alice")).isFalse();
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void eachOfSeveralKeysLetsTheUserIn(Flavour flavour) throws IOException {
        LabMachine machine = machine(flavour);
        UserKey other = UserKey.generate(workDir, "other-" + flavour);
        long token = AccountWork.newToken();
        List<String> keys = new ArrayList<>(Collections.nCopies(8, "ssh-rsa " + "A".repeat(700)));
        keys.add(key.publicKey());
        keys.add(other.publicKey());
        AccountLogin login = new AccountLogin(AccountPassword.NONE, String.join("\n", keys), false);

        assertThat(create(machine, "hugo", token, login)).isEqualTo(AccountResult.done());
        assertThat(machine.lines("/home/hugo/.ssh/authorized_keys")).isEqualTo(keys);
        assertThat(key.run(machine, "hugo", "id -un; stat -c '%a %U' .ssh/authorized_keys"))
                .isEqualTo("hugo\n600 hugo\n");
        assertThat(other.run(machine, "hugo", "id -un")).isEqualTo("hugo\n");

        assertThat(work.remove(machine, "hugo", token)).isEqualTo(AccountResult.done());
        assertThat(other.run(machine, "hugo", "id")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void sudoIsAllowedOnlyOnRequestAndRemovedWithTheAccount(Flavour flavour) throws IOException {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "bert", token, withPassword(false));
        assertThat(login(machine, "bert").run("echo open sesame | sudo -S id -u").output()).isEmpty();
        work.remove(machine, "bert", token);

        token = AccountWork.newToken();
        assertThat(create(machine, "bert", token, withPassword(true))).isEqualTo(AccountResult.done());
        assertThat(login(machine, "bert").run("sudo -n id -u").output()).isEmpty();
        assertThat(login(machine, "bert").run("echo open sesame | sudo -S id -u").output()).isEqualTo("0\n");
        assertThat(work.remove(machine, "bert", token)).isEqualTo(AccountResult.done());
        assertThat(rules(machine)).doesNotContain("bert");

        token = AccountWork.newToken();
        assertThat(createWithKey(machine, "bert", token, true)).isEqualTo(AccountResult.done());
        assertThat(key.run(machine, "bert", "sudo -n id -u")).isEqualTo("0\n");
        assertThat(work.remove(machine, "bert", token)).isEqualTo(AccountResult.done());
        assertThat(rules(machine)).doesNotContain("bert");
    }

    private static String rules(LabMachine machine) {
        return machine.exec("sh", "-c", "ls /etc/sudoers.d; cat /etc/sudoers.d/*").output();
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void halfMadeAccountIsMadeAnewAndNothingIsWrittenThroughItsHome(Flavour flavour) throws IOException {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        createWithKey(machine, "cora", token, false);
        int uid = machine.uidOf("cora").orElseThrow();
        machine.exec("sh", "-c", "sed -i /ready/d /var/lib/machine-manager/accounts/cora; mkdir /root/trap;"
                + " rm -r /home/cora/.ssh; ln -s /root/trap /home/cora/.ssh");

        assertThat(createWithKey(machine, "cora", token, false)).isEqualTo(AccountResult.done());
        assertThat(machine.uidOf("cora").orElseThrow()).isNotEqualTo(uid);
        assertThat(key.run(machine, "cora", "id -un")).isEqualTo("cora\n");
        assertThat(machine.exec("ls", "-A", "/root/trap").output()).isEmpty();
        assertThat(work.remove(machine, "cora", token)).isEqualTo(AccountResult.done());
        machine.exec("rmdir", "/root/trap");
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void repeatedCreationDoesNotTouchTheHomeOfAReadyAccount(Flavour flavour) throws IOException {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        createWithKey(machine, "dora", token, false);
        key.run(machine, "dora", "rm -r .ssh; ln -s /etc .ssh; touch kept");

        assertThat(createWithKey(machine, "dora", token, false)).isEqualTo(AccountResult.done());
        assertThat(machine.homeExists("dora/kept")).isTrue();
        assertThat(machine.exec("ls", "/etc/authorized_keys").succeeded()).isFalse();
        work.remove(machine, "dora", token);
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void remainsOutsideTheHomeFailTheRemoval(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "ella", token, withPassword(false));
        login(machine, "ella").run("mkdir /tmp/mine; chmod 777 /tmp/mine");
        machine.exec("touch", "/tmp/mine/of-root");

        AccountResult result = work.remove(machine, "ella", token);
        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.reason()).isEqualTo("The account could not be removed: files in /tmp.");

        machine.exec("rm", "/tmp/mine/of-root");
        assertThat(work.remove(machine, "ella", token)).isEqualTo(AccountResult.done());
        assertThat(machine.exec("ls", "/tmp").output()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void jobsOfEachSchedulerAreRemoved(Flavour flavour) {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        create(machine, "fred", token, withPassword(false));
        int uid = machine.uidOf("fred").orElseThrow();
        machine.exec("sh", "-c",
                """
                        mkdir -p /var/spool/cron/crontabs /var/spool/at /var/lib/systemd/linger /var/spool/mail
                        for f in /var/spool/cron/crontabs/fred /var/spool/at/a1 /var/lib/systemd/linger/fred /var/spool/mail/fred \
                            /var/spool/mail/other /dev/shm/f /var/tmp/f; do echo x > $f; chown fred $f; done""");

        assertThat(work.remove(machine, "fred", token)).isEqualTo(AccountResult.done());
        assertThat(machine.exec("find", "/var", "/dev/shm", "/tmp", "/run", "-xdev", "-user", Integer.toString(uid))
                .output()).isEmpty();
        assertThat(machine.exec("sh", "-c", "ls /var/lib/systemd/linger/* /var/spool/cron/crontabs/fred").output())
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"DEBIAN", "BUSYBOX" })
    void numberWithRemainsIsSkipped(Flavour flavour) {
        LabMachine machine = machine(flavour);
        machine.exec("sh", "-c", "echo 30000 > /var/lib/machine-manager/uid; touch /var/tmp/left;"
                + " chown 30001 /var/tmp/left; printf '1\\n30002\\n' > /var/lib/machine-manager/accounts/other");
        long token = AccountWork.newToken();
        create(machine, "gina", token, withPassword(false));

        assertThat(machine.uidOf("gina")).hasValue(30003);
        work.remove(machine, "gina", token);
        machine.exec("rm", "/var/tmp/left", "/var/lib/machine-manager/accounts/other");
    }
}
