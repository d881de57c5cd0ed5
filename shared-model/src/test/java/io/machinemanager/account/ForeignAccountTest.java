package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/**
 * Another program adds, changes and removes accounts at the same time, or a user with sudo changes its own account. An
 * account that is not provably ours is not touched; an account of ours is removed, whatever was changed in it.
 */
class ForeignAccountTest extends EachDriver {

    /** A useradd that runs other commands first; $name is the name of the account and $number the number chosen for it. */
    private static final String BEFORE_OURS = """
            for name; do :; done
            number=$(sed -n 2p /var/lib/machine-manager/accounts/$name 2>/dev/null)
            case $* in *machine-manager-*) %s ;; esac
            exec /usr/sbin/useradd "$@\"""";

    private static LabMachine machine;

    @BeforeAll
    static void start() {
        lab = Lab.start(1);
        machine = lab.machine(0);
    }

    @AfterEach
    void removeFakes() {
        machine.endFakes();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-m -u 1500", "-m -u $number", "-M -N -u $number", "-m -r" })
    void accountThatAnotherProgramAddsMeanwhileIsNotTouched(String options) {
        machine.fake("useradd", BEFORE_OURS.formatted("/usr/sbin/useradd " + options
                + " $name; mkdir -p /home/$name; echo theirs >/home/$name/file"));
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "tess", token)).isEqualTo(new AccountResult(Outcome.REFUSED,
                "Another program has added the account tess meanwhile."));
        List<String> theirs = entries("tess");
        assertThat(theirs).isNotEmpty();
        assertThat(work.remove(machine, "tess", token).isDone()).isTrue();
        assertThat(entries("tess")).isEqualTo(theirs);
        assertThat(machine.lines("/home/tess/file")).containsExactly("theirs");
        assertThat(work.found(machine)).doesNotContainKey("tess");
        machine.exec("sh", "-c", "userdel tess; groupdel tess; rm -rf /home/tess");
    }

    @Test
    void groupThatAnotherProgramAddsMeanwhileIsNotTouched() {
        machine.fake("useradd", BEFORE_OURS.formatted("groupadd -g 1700 $name"));
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "tilo", token)).isEqualTo(new AccountResult(Outcome.REFUSED,
                "Another program has added a group named tilo meanwhile."));
        assertThat(work.remove(machine, "tilo", token).isDone()).isTrue();
        assertThat(entries("tilo")).containsExactly("tilo:x:1700:");
        machine.exec("groupdel", "tilo");
    }

    @Test
    void folderThatAnotherProgramMakesMeanwhileIsNotTouched() {
        machine.fake("useradd", """
                for name; do :; done
                /usr/sbin/useradd "$@"; status=$?
                mkdir /home/$name; echo theirs >/home/$name/file
                exit $status""");
        AccountResult result = work.create(machine, "theo", AccountWork.newToken());

        assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(result.reason()).startsWith("The folder /home/theo could not be made").contains("File exists");
        assertThat(entries("theo")).isEmpty();
        assertThat(machine.lines("/home/theo/file")).containsExactly("theirs");
        machine.exec("rm", "-r", "/home/theo");
    }

    @Test
    void numberThatAnotherProgramTakesMeanwhileIsReplacedByTheNext() {
        machine.fake("useradd", BEFORE_OURS
                .formatted("[ -e /root/once ] || { touch /root/once; /usr/sbin/useradd -M -u $number other; }"));
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "tina", token)).isEqualTo(AccountResult.done());
        assertThat(machine.uidOf("tina").orElseThrow()).isGreaterThan(machine.uidOf("other").orElseThrow());
        assertThat(work.remove(machine, "tina", token)).isEqualTo(AccountResult.done());
        machine.exec("sh", "-c", "rm /root/once; userdel other");
    }

    @Test
    void markInTheCommentOfAForeignAccountDoesNotMakeItOurs() {
        machine.exec("useradd", "-m", "-u", "1600", "-c", "machine-manager-77", "bob");
        List<String> before = entries("bob");

        assertThat(work.found(machine)).doesNotContainKey("bob");
        assertThat(work.remove(machine, "bob", 77).isDone()).isTrue();
        assertThat(entries("bob")).isEqualTo(before);
        assertThat(machine.homeExists("bob")).isTrue();
        machine.exec("userdel", "-r", "bob");
    }

    @Test
    void accountReplacedByAnotherProgramLosesOnlyWhatWasOurs() {
        long token = AccountWork.newToken();
        work.create(machine, "udo", token);
        machine.exec("sh", "-c", "userdel -r udo; useradd -m -u 1501 udo; echo theirs >/home/udo/file");
        List<String> theirs = entries("udo");

        assertThat(work.remove(machine, "udo", token).isDone()).isTrue();
        assertThat(entries("udo")).isEqualTo(theirs);
        assertThat(machine.lines("/home/udo/file")).containsExactly("theirs");
        machine.exec("userdel", "-r", "udo");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0:0", "1:1", "33333:33333", "0:20000" })
    void accountIsRemovedWhateverNumberItWasGivenSince(String numbers) {
        long token = AccountWork.newToken();
        work.create(machine, "vera", token);
        int uid = machine.uidOf("vera").orElseThrow();
        machine.exec("sh", "-c", "sed -i 's/^vera:x:[0-9]*:[0-9]*:/vera:x:" + numbers + ":/' /etc/passwd");
        assertThat(work.found(machine)).containsEntry("vera", token);

        assertThat(work.remove(machine, "vera", token)).isEqualTo(AccountResult.done());
        assertThat(entries("vera")).isEmpty();
        assertThat(machine.homeExists("vera")).isFalse();
        assertThat(machine.processesOf(uid)).isEmpty();
        assertThat(login(machine, "vera").isRefused()).isTrue();
    }

    @Test
    void filesOfBothNumbersAreRemovedAfterAChangeWithinOurRange() {
        long token = AccountWork.newToken();
        work.create(machine, "vito", token);
        machine.exec("sh", "-c",
                "touch /tmp/old; chown vito /tmp/old; sed -i 's/^vito:x:[0-9]*:/vito:x:33334:/' /etc/passwd;"
                        + " touch /tmp/new; chown vito /tmp/new");

        assertThat(work.remove(machine, "vito", token)).isEqualTo(AccountResult.done());
        assertThat(machine.exec("ls", "/tmp").output()).isEmpty();
    }

    @Test
    void accountThatMayBeOursFailsTheRemoval() {
        long token = AccountWork.newToken();
        work.create(machine, "wanda", token);
        machine.exec("sh", "-c", "usermod -p other wanda; sed -i 's/^wanda:x:[0-9]*:/wanda:x:0:/' /etc/passwd");

        assertThat(work.found(machine)).containsEntry("wanda", token);
        assertThat(work.remove(machine, "wanda", token))
                .isEqualTo(new AccountResult(Outcome.FAILED, "The account could not"
                        + " be removed: its name has the number 0 by now, which is not the one it was given."));
        assertThat(machine.passwdHas("wanda")).isTrue();

        machine.exec("sh", "-c", "sed -i /^wanda:/d /etc/passwd");
        assertThat(work.remove(machine, "wanda", token)).isEqualTo(AccountResult.done());
        assertThat(entries("wanda")).isEmpty();
    }

    private static List<String> entries(String name) {
        return List.of("passwd", "shadow", "group").stream().flatMap(list -> machine.lines("/etc/" + list).stream())
                .filter(line -> line.startsWith(name + ":")).toList();
    }
}
