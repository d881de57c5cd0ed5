package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Year;
import java.util.List;
import java.util.Optional;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** No step depends on the clock of the machine. */
class WrongClockTest extends EachDriver {

    private static LabMachine machine;

    @BeforeAll
    static void start() throws IOException {
        lab = Lab.start(1);
        machine = lab.machine(0);
        // Every program on the machine gets the time from this library, which reads the error of the clock from a file.
        Files.copy(library(), machine.path("/usr/lib/libfaketime.so.1"), StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(machine.path("/etc/ld.so.preload"), "/usr/lib/libfaketime.so.1\n");
        machine.setSshd("");
    }

    private static Path library() throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(Path.of("/usr/lib"))) {
            for (Path folder : folders) {
                Path library = folder.resolve("faketime/libfaketime.so.1");
                if (Files.exists(library)) {
                    return library;
                }
            }
        }
        throw new IllegalStateException("libfaketime is missing: apt-get install faketime");
    }

    private static int year(String wrong) throws IOException {
        Files.writeString(machine.path("/etc/faketimerc"), wrong + "\n");
        return Integer.parseInt(machine.exec("date", "+%Y").output().strip());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-20y", "+60y" })
    void accountIsCreatedAndRemovedWhateverTheTime(String wrong) throws IOException {
        assertThat(Math.abs(year(wrong) - Year.now().getValue())).isGreaterThan(15);
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "alice", token)).isEqualTo(AccountResult.done());
        assertThat(AccountWork.login(machine, "alice").works()).isTrue();
        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());

        assertThat(machine.passwdHas("alice")).isFalse();
        assertThat(AccountWork.login(machine, "alice").isRefused()).isTrue();
    }

    @Test
    void accountSurvivesAClockThatJumpsAndIsRemovedOnRequest() throws IOException {
        assertThat(year("+60y")).isGreaterThan(2080);
        long token = AccountWork.newToken();
        assertThat(work.create(machine, "bert", token)).isEqualTo(AccountResult.done());

        assertThat(year("-20y")).isLessThan(2030);
        assertThat(AccountWork.login(machine, "bert").works()).isTrue();
        assertThat(work.create(machine, "bert", token)).as("repeated").isEqualTo(AccountResult.done());
        assertThat(work.remove(machine, "bert", token)).isEqualTo(AccountResult.done());
        assertThat(machine.passwdHas("bert")).isFalse();
        assertThat(work.create(machine, "bert", token).reason()).contains("already cleaned up");
    }

    @Test
    void theGuardGoesByTheTimeSinceBootAndNotByTheClock() throws IOException {
        assertThat(year("-20y")).isLessThan(2030);
        long token = AccountWork.newToken();
        assertThat(work.result(creation("carl", token, 600))).isEqualTo(AccountResult.done());
        for (String wrong : List.of("+60y", "-20y")) {
            year(wrong);
            String round = GuardTestBase.turn(machine);
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !GuardTestBase.turn(machine).equals(round));
            assertThat(AccountWork.login(machine, "carl").works()).isTrue();
            assertThat(GuardTestBase.secondsLeft(machine, "carl")).isBetween(400L, 600L);
        }

        assertThat(GuardTestBase.moveEnd(machine, "carl", token, GuardTestBase.end(1, 1)))
                .isEqualTo(AccountResult.done());
        Awaitility.await().atMost(Duration.ofSeconds(30))
                .until(() -> AccountWork.login(machine, "carl").isRefused());
        assertThat(work.remove(machine, "carl", token)).isEqualTo(AccountResult.done());
    }

    private static AccountTask creation(String account, long token, long seconds) {
        return new AccountTask(machine.target(), Action.CREATE, account, token,
                new AccountLogin(AccountWork.HASH, null, false), Optional.of(GuardTestBase.end(seconds, 60)));
    }
}
