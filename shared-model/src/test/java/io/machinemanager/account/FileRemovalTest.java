package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Deep;

/** A removal deletes every file, job, mount and shared memory segment of the account, or fails. */
class FileRemovalTest extends RemovalFixture {

    @Test
    void filesAndJobsAreRemoved() {
        long token = AccountWork.newToken();
        work.create(machine, "bert", token);
        int uid = machine.uidOf("bert").orElseThrow();
        var made = login(machine, "bert").run("""
                set -e
                echo '* * * * * touch /tmp/from-cron' | crontab -
                echo 'touch /tmp/from-at' | at now + 1 minute 2>/dev/null
                mkdir -p /tmp/b/c && touch /tmp/b/c/d /var/tmp/e /dev/shm/f
                ipcmk -M 100 -S 1 -Q >/dev/null
                ln -s /etc ~/link; ln -s /etc/passwd ~/file; mkdir -p ~/'a b
                c'/-rf; chmod 000 ~/'a b
                c'
                echo made""");
        assertThat(made.output()).endsWith("made\n");

        assertThat(work.remove(machine, "bert", token)).isEqualTo(AccountResult.done());
        assertGone("bert");
        assertThat(machine.exec("find", "/tmp", "/var/tmp", "/dev/shm", "/var/spool", "/home", "/var/mail", "-uid",
                Integer.toString(uid)).output()).isEmpty();
        assertThat(machine.exec("ls", "/var/spool/cron/crontabs").output()).isEmpty();
        assertThat(machine.exec("sh", "-c", "cat /proc/sysvipc/*").output()).doesNotContain(Integer.toString(uid));
        assertThat(machine.exec("cat", "/etc/passwd").output()).contains("root:x:0:0");
    }

    @Test
    void homeTooDeepForAPathIsRemoved() {
        long token = AccountWork.newToken();
        work.create(machine, "cora", token);
        String name = "x".repeat(250);
        login(machine, "cora")
                .run("mkdir %1$s; i=0; while [ $i -lt %2$d ]; do mkdir n; mv %1$s n; mv n %1$s; i=$((i+1)); done"
                        .formatted(name, Deep.isIncluded() ? 300 : 60));

        assertThat(work.remove(machine, "cora", token)).isEqualTo(AccountResult.done());
        assertGone("cora");
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit 1", "/usr/bin/find \"$@\" | sed '$d'; exit" })
    void unlistableFilesFailRemovalAndCreation(String script) {
        long token = AccountWork.newToken();
        work.create(machine, "walt", token);
        fake("find", script);

        assertThat(work.remove(machine, "walt", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: files, which cannot be listed."));
        assertThat(work.create(machine, "xena", AccountWork.newToken())).isEqualTo(
                new AccountResult(Outcome.FAILED, "The files on the machine cannot be listed."));
        assertGone("xena");

        removeFakes();
        assertThat(work.remove(machine, "walt", token)).isEqualTo(AccountResult.done());
        assertGone("walt");
    }

    @Test
    void jobThatCannotBeDeletedFailsTheRemoval() {
        long token = AccountWork.newToken();
        work.create(machine, "abel", token);
        machine.exec("sh", "-c", "touch /var/spool/cron/left; chown abel /var/spool/cron/left");
        fake("find", "case \"$*\" in *-delete) exit 1 ;; esac; exec /usr/bin/find \"$@\"");

        assertThat(work.remove(machine, "abel", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: files in /var/spool/cron."));
        assertThat(machine.passwdHas("abel")).isFalse();
        assertThat(work.found(machine)).as("so that it is not forgotten").containsEntry("abel", token);

        removeFakes();
        assertThat(work.remove(machine, "abel", token)).isEqualTo(AccountResult.done());
        assertThat(work.found(machine)).doesNotContainKey("abel");
        assertThat(machine.path("/var/spool/cron/left")).doesNotExist();
    }

    @Test
    void sharedMemoryThatCannotBeDeletedFailsTheRemoval() {
        long token = AccountWork.newToken();
        work.create(machine, "dina", token);
        login(machine, "dina").run("ipcmk -M 100");
        fake("ipcrm", "exit 1");

        assertThat(work.remove(machine, "dina", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account could not be removed: shared memory or queues."));

        removeFakes();
        assertThat(work.remove(machine, "dina", token)).isEqualTo(AccountResult.done());
    }

    @Test
    void mountsInSharedFoldersAreNotEntered() {
        long token = AccountWork.newToken();
        work.create(machine, "carl", token);
        machine.exec("sh", "-c",
                "mkdir /tmp/other; mount -t tmpfs tmpfs /tmp/other; touch /tmp/other/file /var/tmp/file;"
                        + " ln -s /tmp/other /var/tmp/link; chown -h carl /tmp/other/file /var/tmp/*");

        assertThat(work.remove(machine, "carl", token)).isEqualTo(AccountResult.done());
        assertThat(machine.path("/tmp/other/file")).exists();
        assertThat(machine.exec("ls", "-A", "/var/tmp").output()).isEmpty();
        machine.exec("sh", "-c", "umount /tmp/other; rmdir /tmp/other");
    }

    @Test
    void mountsInTheHomeAreRemovedWhateverTheirName() {
        long token = AccountWork.newToken();
        work.create(machine, "paul", token);
        machine.exec("sh", "-c", """
                for name in plain 'with space' 'back\\slash' 'line
                end
                '; do
                    mkdir "/home/paul/$name" && mount -t tmpfs tmpfs "/home/paul/$name" || exit 1
                done""");
        assertThat(mounts()).filteredOn(line -> line.contains("/home/paul/")).hasSize(4)
                .anyMatch(line -> line.contains("end\\012 "));

        assertThat(work.remove(machine, "paul", token)).isEqualTo(AccountResult.done());
        assertGone("paul");
        assertThat(mounts()).noneMatch(line -> line.contains("/home/paul/"));
    }

    private static List<String> mounts() {
        return machine.exec("cat", "/proc/mounts").output().lines().toList();
    }
}
