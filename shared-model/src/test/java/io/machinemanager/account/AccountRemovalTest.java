package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;

/** A removal removes the account itself, whatever was changed on the machine since, or says what is left. */
class AccountRemovalTest extends RemovalFixture {

    @Test
    void accountWithAChangedCommentFieldIsStillOurs() {
        long token = AccountWork.newToken();
        work.create(machine, "dora", token);
        machine.exec("usermod", "-c", "Dora", "dora");

        assertThat(work.create(machine, "dora", token).isDone()).isTrue();
        assertThat(work.remove(machine, "dora", token)).isEqualTo(AccountResult.done());
        assertGone("dora");
    }

    @Test
    void accountWhoseRecordIsLostIsStillOurs() {
        long token = AccountWork.newToken();
        work.create(machine, "ella", token);
        machine.exec("rm", "-r", "/var/lib/machine-manager");

        assertThat(work.remove(machine, "ella", token)).isEqualTo(AccountResult.done());
        assertGone("ella");
    }

    @Test
    void removalThatDiedHalfWayIsFinished() {
        long token = AccountWork.newToken();
        work.create(machine, "fred", token);
        // The state that a userdel leaves when it is killed between two files.
        machine.exec("sed", "-i", "/^fred:/d", "/etc/passwd");

        assertThat(work.remove(machine, "fred", token)).isEqualTo(AccountResult.done());
        assertGone("fred");
        assertThat(machine.exec("cat", "/etc/shadow", "/etc/group", "/etc/gshadow").output()).doesNotContain("fred");
    }

    @Test
    void removalThatDoesNotSucceedSaysWhatIsLeft() {
        long token = AccountWork.newToken();
        work.create(machine, "gina", token);
        fake("userdel", "echo 'cannot lock /etc/passwd' >&2; exit 1");
        AccountResult result = work.remove(machine, "gina", token);
        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.reason()).startsWith("The account could not be removed: its entry in the account list")
                .contains("its password").doesNotContain("/home/gina");
        assertThat(login(machine, "gina").isRefused()).isTrue();

        removeFakes();
        assertThat(work.remove(machine, "gina", token)).isEqualTo(AccountResult.done());
        assertGone("gina");
    }

    @Test
    void accountThatAnotherProgramAddedSinceIsNotOurs() {
        long token = AccountWork.newToken();
        work.create(machine, "emil", token);
        fake("find", "case \"$*\" in *-delete) exit 1 ;; esac; exec /usr/bin/find \"$@\"");
        login(machine, "emil").run("touch /tmp/left");
        assertThat(work.remove(machine, "emil", token).isDone()).isFalse();
        machine.exec("useradd", "emil");

        assertThat(work.found(machine)).doesNotContainKey("emil");
        assertThat(work.remove(machine, "emil", token).isDone()).isTrue();
        assertThat(machine.passwdHas("emil")).isTrue();

        machine.exec("sh", "-c", "userdel emil; rm -f /tmp/left");
        assertThat(work.found(machine)).as("what is left of that one is not ours").doesNotContainKey("emil");
    }

    @Test
    void newOwnerOfTheNumberLosesNothing() {
        long token = AccountWork.newToken();
        work.create(machine, "hugo", token);
        int uid = machine.uidOf("hugo").orElseThrow();
        machine.exec("sh", "-c", "sed -i /^hugo:/d /etc/passwd; useradd -N -M -u " + uid + " otto");
        machine.exec("sh", "-c", "touch /tmp/of-otto; chown otto /tmp/of-otto");

        assertThat(work.remove(machine, "hugo", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: its number %d is that of another account too.".formatted(uid)));
        assertThat(machine.path("/tmp/of-otto")).exists();

        machine.exec("sh", "-c", "userdel otto; rm /tmp/of-otto");
        assertThat(work.remove(machine, "hugo", token)).isEqualTo(AccountResult.done());
        assertGone("hugo");
    }

    @Test
    void probeFindsMoreAccountsThanAShortAnswerHolds() {
        long token = AccountWork.newToken();
        machine.exec("sh", "-c", "i=10; while [ $i -lt 60 ]; do printf '%s\\n20100\\nready\\n' " + token
                + " >/var/lib/machine-manager/accounts/many$i; i=$((i+1)); done");

        assertThat(work.found(machine)).hasSize(50).containsEntry("many10", token).containsEntry("many59", token);

        machine.exec("sh", "-c", "rm /var/lib/machine-manager/accounts/many*");
    }

    @Test
    void accountListIsWrittenOnceThereIsRoom() {
        long token = AccountWork.newToken();
        work.create(machine, "cleo", token);
        fake("userdel",
                "[ ! -e /root/room ] || exec /usr/sbin/userdel \"$@\"; [ \"$1\" != -f ] || touch /root/room; exit 1");

        assertThat(work.remove(machine, "cleo", token)).isEqualTo(AccountResult.done());
        assertGone("cleo");
        machine.exec("rm", "/root/room");
    }

    @Test
    void unreadableAccountListFailsTheRemoval() {
        long token = AccountWork.newToken();
        work.create(machine, "yves", token);
        fake("grep", "case \"$*\" in */etc/passwd*) kill -KILL $$ ;; esac; exec /usr/bin/grep \"$@\"");

        assertThat(work.remove(machine, "yves", token)).isEqualTo(
                new AccountResult(Outcome.FAILED, "The account list on the machine cannot be read."));

        removeFakes();
        assertThat(work.remove(machine, "yves", token)).isEqualTo(AccountResult.done());
        assertGone("yves");
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "echo 'adam ALL=(ALL) ALL' >/etc/sudoers.d/other",
            "printf 'x\\0\\n\tadam, eve ALL=(ALL) ALL\\n' >/etc/sudoers.d/other" })
    void foreignSudoRuleForTheNameFailsTheRemoval(String rule) {
        long token = AccountWork.newToken();
        work.create(machine, "adam", token);
        machine.exec("sh", "-c", rule);

        assertThat(work.remove(machine, "adam", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: a sudo rule for its name."));

        machine.exec("rm", "/etc/sudoers.d/other");
        assertThat(work.remove(machine, "adam", token)).isEqualTo(AccountResult.done());
    }
}
