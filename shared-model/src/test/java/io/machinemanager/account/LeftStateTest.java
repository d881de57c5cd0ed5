package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.CommandResult;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;

/** State that a machine keeps beside the account, and states of the machine that prevent a removal. */
class LeftStateTest extends EachDriver {

    private static final String STATE = "for file in /run/faillock/%1$s /srv/tally/%1$s /run/sudo/ts/%1$s"
            + " /var/lib/sudo/lectured/%1$s /var/mail/%1$s /var/lib/AccountsService/users/%1$s /run/pam_timestamp/%1$s"
            + " /var/spool/cron/crontabs/%1$s /var/lib/systemd/linger/%1$s; do ";

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

    @Test
    void nextUserOfANameIsNotLockedOutByTheLastOne() {
        machine.exec("sh", "-c", """
                cp -a /etc/pam.d /root/pam.d
                sed -i 's/^auth.*pam_unix.so.*/auth required pam_faillock.so preauth deny=3\\n&\\n\
                auth [default=die] pam_faillock.so authfail deny=3/; s/success=1/success=2/' /etc/pam.d/common-auth""");
        long first = AccountWork.newToken();
        work.create(machine, "nora", first);
        for (int i = 0; i < 4; i++) {
            assertThat(new SshLogin(machine, "nora", "wrong").isRefused()).isTrue();
        }
        assertThat(login(machine, "nora").isRefused()).as("locked by the failures").isTrue();
        assertThat(work.remove(machine, "nora", first)).isEqualTo(AccountResult.done());
        long second = AccountWork.newToken();

        assertThat(work.create(machine, "nora", second)).isEqualTo(AccountResult.done());
        assertThat(login(machine, "nora").works()).isTrue();
        work.remove(machine, "nora", second);
        machine.exec("sh", "-c", "rm -r /etc/pam.d; mv /root/pam.d /etc");
    }

    @Test
    void stateKeptUnderTheNameIsRemovedBeforeACreationAndByARemoval() {
        machine.exec("sh", "-c",
                "cp -p /etc/security/faillock.conf /root; echo 'dir = /srv/tally' >>/etc/security/faillock.conf;"
                        + " touch /etc/security/opasswd");
        makeState("olaf");
        long token = AccountWork.newToken();
        assertThat(work.create(machine, "olaf", token)).isEqualTo(AccountResult.done());
        assertThat(stateOf("olaf")).isEmpty();

        makeState("olaf");
        assertThat(work.remove(machine, "olaf", token)).isEqualTo(AccountResult.done());
        assertThat(stateOf("olaf")).isEmpty();
        assertThat(machine.lines("/etc/security/opasswd")).contains("other:1:1:x");
        machine.exec("sh", "-c", "mv /root/faillock.conf /etc/security; rm /etc/security/opasswd");
    }

    private static void makeState(String account) {
        machine.exec("sh", "-c", STATE.formatted(account) + "mkdir -p ${file%/*}; echo x >$file; done;"
                + " printf '%s\\n' " + account + ":1:1:x other:1:1:x >>/etc/security/opasswd");
    }

    private static String stateOf(String account) {
        return machine.exec("sh", "-c", STATE.formatted(account) + "ls $file 2>/dev/null; done; grep ^" + account
                + ": /etc/security/opasswd /etc/subuid").output();
    }

    /** The reason names the first cause. The account is locked at once even so, where that is possible. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            sleep 1000 & echo $! >/etc/passwd.lock                          | pkill sleep; rm /etc/passwd.lock | /etc/passwd.lock is held by process [0-9]+ .sleep. | true
            perl /root/lock.pl &                                            | pkill perl                       | /etc/.pwd.lock is held by process [0-9]+ .perl.    | true
            mv /usr/sbin/userdel /root                                      | mv /root/userdel /usr/sbin       | the machine has neither userdel nor deluser        | true
            mount --bind /etc /etc && mount -o remount,bind,ro /etc         | umount --lazy /etc               | the folder /etc is read-only                       | false
            """)
    void programThatLocksTheAccountListIsNamed(String setUp, String end, String reason, boolean isLocked) {
        machine.exec("sh", "-c", "cat >/root/lock.pl <<'EOF'\n" + """
                use Fcntl;
                open(LIST, ">>/etc/.pwd.lock");
                my $lock = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0);
                fcntl(LIST, F_SETLKW, $lock) or die;
                open(HELD, ">/root/held");
                sleep 1000;
                EOF
                """);
        long token = AccountWork.newToken();
        work.create(machine, "pete", token);
        machine.exec("sh", "-c", "exec >/dev/null 2>&1 </dev/null; " + setUp);
        if (setUp.startsWith("perl")) {
            Awaitility.await().until(() -> Files.exists(machine.path("/root/held")));
        }
        AccountResult failed = work.remove(machine, "pete", token);
        boolean refused = login(machine, "pete").isRefused();
        machine.exec("sh", "-c", end);

        assertThat(failed.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(failed.reason())
                .matches("The account could not be removed: its entry in the account list \\(" + reason + "\\), .*");
        assertThat(refused).isEqualTo(isLocked);
        assertThat(work.remove(machine, "pete", token)).isEqualTo(AccountResult.done());
        assertThat(machine.exec("grep", "pete", "/etc/passwd", "/etc/shadow", "/etc/group").output()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            mv /usr/sbin/userdel /root                              | mv /root/userdel /usr/sbin  | The machine has no userdel, so that no account could be removed.
            mv /usr/sbin/chpasswd /root                             | mv /root/chpasswd /usr/sbin | The machine has no chpasswd.
            mv /usr/sbin/useradd /root                              | mv /root/useradd /usr/sbin  | The machine has neither useradd nor busybox's adduser.
            mount --bind /etc /etc; mount -o remount,bind,ro /etc   | umount --lazy /etc          | The folder /etc of the machine is read-only.
            """)
    void machineWithoutTheToolsIsUnusable(String setUp, String end, String reason) {
        machine.exec("sh", "-c", setUp);
        AccountResult created = work.create(machine, "quin", AccountWork.newToken());
        AccountResult probed = work.result(AccountTask.probe(machine.target()));
        machine.exec("sh", "-c", end);

        assertThat(created).isEqualTo(new AccountResult(Outcome.UNUSABLE, reason));
        assertThat(probed.outcome()).isEqualTo(Outcome.UNUSABLE);
        assertThat(probed.reason()).isEqualTo(reason);
        assertThat(work.result(AccountTask.probe(machine.target())).outcome()).isEqualTo(Outcome.DONE);
    }

    /** Every user of a home on btrfs may make read-only subvolumes, and rm cannot empty them. */
    @Test
    void readOnlySubvolumesAreRemoved() throws IOException {
        Path image = workDir.resolve("btrfs");
        Files.deleteIfExists(image);
        assertThat(host("truncate", "-s", "300M", image.toString())).matches(CommandResult::succeeded);
        assertThat(host("mkfs.btrfs", "-q", image.toString())).matches(CommandResult::succeeded);
        String device = host("losetup", "--find", "--show", image.toString()).output().strip();
        assumeThat(device).as("a host without loop devices has no place for another file system").isNotEmpty();
        try {
            String number = device.replaceAll("\\D", "");
            machine.exec("sh", "-c", "mknod " + device + " b 7 " + number + "; mount -t btrfs " + device + " /home;"
                    + " mkdir -m 1777 /home/.tmp; mount --bind /home/.tmp /var/tmp; mkdir -m 755 -p /opt");
            machine.exec("sh", "-c", "cat >/opt/make.pl <<'EOF'\n"
                    + """
                            my ($folder) = @ARGV;
                            sub make { open(F, "<", $_[0]); my $name = pack("q a4088", 0, $_[1]); ioctl(F, 0x5000940e, $name) or die; }
                            sub close_it { open(F, "<", $_[0]); my $flag = pack("Q", 2); ioctl(F, 0x4008941a, $flag) or die; }
                            make($folder, "outer"); mkdir "$folder/outer/with\\n space"; make("$folder/outer/with\\n space", "inner");
                            open(FILE, ">", "$folder/outer/file"); print FILE "x"; close FILE;
                            close_it("$folder/outer/with\\n space/inner"); close_it("$folder/outer");
                            EOF
                            chmod 755 /opt/make.pl""");
            long token = AccountWork.newToken();
            work.create(machine, "rolf", token);
            assertThat(login(machine, "rolf")
                    .run("perl /opt/make.pl ~; perl /opt/make.pl /var/tmp; ls /var/tmp; rm -rf ~/outer")
                    .errors()).contains("Read-only file system");
            assertThat(Stream.of("/home/rolf/outer/file", "/var/tmp/outer/file").map(machine::path))
                    .allMatch(Files::exists);

            assertThat(work.remove(machine, "rolf", token)).isEqualTo(AccountResult.done());
            assertThat(machine.homeExists("rolf")).isFalse();
            assertThat(machine.exec("ls", "/var/tmp").output()).isEmpty();
        } finally {
            machine.exec("sh", "-c", "umount /var/tmp; umount /home");
            host("losetup", "--detach", device);
        }
    }

    private static CommandResult host(String... command) {
        return CommandResult.of(new ProcessBuilder(command), Duration.ofMinutes(1));
    }
}
