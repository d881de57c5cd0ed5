package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** A machine may give rights to a name before there is an account of that name. Such a name is refused there. */
class NameRightsTest extends EachDriver {

    private static LabMachine machine;

    @BeforeAll
    static void start() {
        lab = Lab.start(1);
        machine = lab.machine(0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            /etc/sudoers.d/z                  | %ops ALL=(ALL) NOPASSWD: ALL                       | a sudo rule for ops exists on the machine
            /etc/sudoers.d/z                  | User_Alias STAFF = anna, ops                       | a sudo rule for ops exists on the machine
            /etc/sudoers.d/z                  | "ops" ALL=(ALL) ALL                                | a sudo rule for ops exists on the machine
            /etc/sudoers.d/z                  | o\\ps ALL=(ALL) ALL                                | the machine lets ops use sudo
            /root/more                        | ops ALL=(ALL) ALL                                  | the machine lets ops use sudo
            /etc/security/group.conf          | *;*;ops;Al0000-2400;games                          | in /etc/security/group.conf
            /etc/security/limits.d/z.conf     | @ops - rtprio 99                                   | in /etc/security/limits.d/z.conf
            /etc/security/capability.conf     | cap_sys_admin ops                                  | in /etc/security/capability.conf
            /etc/doas.conf                    | permit nopass :ops                                 | in /etc/doas.conf
            /etc/polkit-1/rules.d/z.rules     | if (subject.isInGroup("ops")) return "yes";        | in /etc/polkit-1/rules.d/z.rules
            /etc/polkit-1/localauthority/z    | Identity=unix-group:ops                            | in /etc/polkit-1/localauthority/z
            /etc/dbus-1/system.d/z.conf       | <policy group="ops">                               | in /etc/dbus-1/system.d/z.conf
            /etc/udev/rules.d/z.rules         | KERNEL=="sda", GROUP="ops", MODE="0660"            | in /etc/udev/rules.d/z.rules
            /etc/systemd/system/z.socket      | SocketGroup=ops                                    | in /etc/systemd/system/z.socket
            /etc/tmpfiles.d/z.conf            | d /run/z 0770 root ops                             | in /etc/tmpfiles.d/z.conf
            /etc/pam.d/z                      | auth sufficient pam_wheel.so trust group=ops       | in /etc/pam.d/z
            /etc/pam.d/z                      | auth sufficient pam_succeed_if.so user ingroup ops | in /etc/pam.d/z
            /etc/at.allow                     | ops                                                | in /etc/at.allow
            /etc/subuid                       | ops:100000:65536                                   | subordinate numbers for ops exist on the machine
            /etc/subgid                       | ops:100000:65536                                   | subordinate numbers for ops exist on the machine
            /etc/group                        | games2:x:999:anna,ops                              | the group games2 on the machine has ops
            /etc/gshadow                      | games2:!:ops:                                      | the group games2 on the machine has ops
            """)
    void nameWithRightsOnTheMachineIsRefusedAndNothingIsLeft(String file, String line, String reason) {
        put(file, line);
        AccountResult result = work.create(machine, "ops", AccountWork.newToken());
        takeBack(file);

        assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(result.reason()).containsIgnoringCase(reason).contains("ops");
        assertThat(machine.passwdHas("ops")).isFalse();
        assertThat(machine.homeExists("ops")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            /etc/sudoers.d/z               | ALL ALL=(root) NOPASSWD: /usr/bin/uptime
            /etc/sudoers.d/z               | op ALL=(ALL) ALL
            /etc/security/limits.d/z.conf  | # @ops - rtprio 99
            /etc/pam.d/z                   | auth required pam_unix.so
            /etc/tmpfiles.d/z.conf         | d /run/ops 0770 root root
            /etc/systemd/system/z.service  | Description=Serves the ops people
            """)
    void rightsOfEveryAccountAndOtherNamesAreNoReasonToRefuse(String file, String line) {
        put(file, line);
        long token = AccountWork.newToken();
        AccountResult made = work.create(machine, "ops", token);
        AccountResult gone = work.remove(machine, "ops", token);
        takeBack(file);

        assertThat(made).isEqualTo(AccountResult.done());
        assertThat(gone).isEqualTo(AccountResult.done());
    }

    @Test
    void numbersThatASudoRuleNamesAreSkipped() {
        machine.exec("sh", "-c",
                "mkdir -p /var/lib/machine-manager; echo 20499 >/var/lib/machine-manager/uid; echo '#20500, %#20501 ALL=(ALL) ALL' >/etc/sudoers.d/z");
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "pia", token)).isEqualTo(AccountResult.done());
        assertThat(machine.uidOf("pia")).hasValue(20502);
        assertThat(login(machine, "pia").run("sudo -n id -u").output()).isEmpty();
        machine.exec("rm", "/etc/sudoers.d/z");
        work.remove(machine, "pia", token);
    }

    @Test
    void groupsOfOtherSourcesAreSeen() {
        machine.fake("id", "[ \"$1\" != -G ] || { /usr/bin/id -G \"$2\"; echo 27; exit; }; exec /usr/bin/id \"$@\"");
        AccountResult result = work.create(machine, "rosa", AccountWork.newToken());
        machine.endFakes();

        assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(result.reason()).startsWith("The machine puts rosa into groups of its own");
        assertThat(machine.passwdHas("rosa")).isFalse();
    }

    @Test
    void membershipThatAUserAddedIsRemovedWithTheAccount() {
        long token = AccountWork.newToken();
        work.create(machine, "sara", token);
        machine.exec("sh", "-c",
                "usermod -aG games,operator sara; gpasswd -A sara games; echo sara:300000:65536 >>/etc/subuid");

        assertThat(work.remove(machine, "sara", token)).isEqualTo(AccountResult.done());
        assertThat(machine.exec("sh", "-c", "cat /etc/group /etc/gshadow /etc/subuid").output()).doesNotContain("sara");
    }

    private static void put(String file, String line) {
        machine.exec("sh", "-c", """
                mkdir -p "${1%/*}"; [ ! -e "$1" ] || cp -p "$1" /root/kept
                printf '%s\\n' "$2" >>"$1"
                case $1 in
                /root/more) echo '@include /root/more' >/etc/sudoers.d/z; chmod 440 "$1" ;;
                esac""", "sh", file, line);
    }

    private static void takeBack(String file) {
        machine.exec("sh", "-c", "rm -f \"$1\" /etc/sudoers.d/z; [ ! -e /root/kept ] || mv /root/kept \"$1\"", "sh",
                file);
    }
}
