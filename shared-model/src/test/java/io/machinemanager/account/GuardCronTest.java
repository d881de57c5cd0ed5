package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** What starts the guard after a reboot of a machine without systemd: only a file that the cron that runs does read. */
class GuardCronTest extends GuardTestBase {

    private static final String CRON_FILE = "/etc/cron.d/machine-manager-guard";
    private static final String CRONTAB = "/var/spool/cron/crontabs/root";

    @Test
    void busyboxGetsALineOfTheCrontabThoughThereIsAFolderForSingleFiles() {
        LabMachine machine = machine(Flavour.BUSYBOX);
        assertNoGuardIsLeft(machine);
        machine.exec("mkdir", "/etc/cron.d");
        long token = AccountWork.newToken();
        assertThat(create(machine, "alice", token, end(600, 60))).isEqualTo(AccountResult.done());

        assertThat(hasFile(machine, CRON_FILE)).isFalse();
        assertThat(machine.lines(CRONTAB)).anyMatch(line -> line.contains("machine-manager/guard"));
        assertThat(expiryDay(machine, "alice")).as("the guard is started again").isEmpty();
        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
        assertNoGuardIsLeft(machine);
        assertThat(machine.lines(CRONTAB)).noneMatch(line -> line.contains("machine-manager/guard"));
        machine.exec("rmdir", "/etc/cron.d");
    }

    @Test
    void anOldCronFileDoesNotCountWhereNoCronRuns() {
        LabMachine machine = machine(Flavour.DEBIAN);
        assertNoGuardIsLeft(machine);
        machine.exec("sh", "-c", "kill $(cat /run/crond.pid); rm /run/crond.pid; echo '* * * * * root : "
                + STATE + "guard' >" + CRON_FILE);
        long token = AccountWork.newToken();
        assertThat(create(machine, "berta", token, end(600, 60))).isEqualTo(AccountResult.done());

        assertThat(expiryDay(machine, "berta")).isEqualTo(dayAfter(machine, 660));
        assertThat(work.remove(machine, "berta", token)).isEqualTo(AccountResult.done());
        assertNoGuardIsLeft(machine);
        assertThat(hasFile(machine, CRON_FILE)).isFalse();
        machine.restart();
    }
}
