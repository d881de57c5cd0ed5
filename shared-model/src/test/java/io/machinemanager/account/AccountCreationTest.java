package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;

/** A creation that fails, hangs or comes late leaves nothing behind. */
class AccountCreationTest extends RemovalFixture {

    private static final Duration SHORT = Duration.ofSeconds(30);

    @Test
    void accountWithAnotherPasswordIsNotReady() {
        // The account gets a key alone, with "*" for a hash, which as a pattern would match every hash.
        fake("chpasswd", "sed 's/:.*/:x/' | /usr/sbin/chpasswd -e");
        var login = new AccountLogin(AccountPassword.NONE, "ssh-ed25519 AAAA", false);
        var task = new AccountTask(machine.target(), Action.CREATE, "bela", AccountWork.newToken(), login);

        assertThat(work.result(task)).isEqualTo(new AccountResult(Outcome.FAILED,
                "The account is not as it should be after it was made."));
        assertGone("bela");
    }

    @Test
    void creationFailsWithoutAFreeNumber() {
        machine.exec("sh", "-c", "useradd -u 61001 rita; useradd -u 61003 sven");
        try (var narrow = AccountWork.by(driver, TestSettings.in(workDir).withUids(61001, 61003))) {
            long token = AccountWork.newToken();
            assertThat(narrow.create(machine, "tina", token)).isEqualTo(AccountResult.done());
            assertThat(machine.uidOf("tina")).hasValue(61002);

            assertThat(narrow.create(machine, "udo", AccountWork.newToken())).isEqualTo(new AccountResult(
                    Outcome.FAILED, "No number for the account is free, or none can be noted, on the machine."));
            assertGone("udo");
            assertThat(narrow.remove(machine, "tina", token)).isEqualTo(AccountResult.done());
        } finally {
            machine.exec("sh", "-c", "userdel rita; userdel sven");
        }
    }

    @Test
    void creationThatFailsHalfWayLeavesNothing() {
        fake("chpasswd", "echo 'no way' >&2; exit 1");

        assertThat(work.create(machine, "hans", AccountWork.newToken()))
                .isEqualTo(new AccountResult(Outcome.FAILED, "The password could not be set: no way."));
        assertGone("hans");
    }

    @Test
    void hungCreationIsKilledAndLeavesNothing() {
        try (var impatient = AccountWork.by(driver, TestSettings.in(workDir).withRunTimeout(SHORT))) {
            fake("useradd", "/usr/sbin/useradd \"$@\"; sleep 1000 & sleep 1000");
            long token = AccountWork.newToken();
            assertThat(impatient.create(machine, "ines", token).reason())
                    .contains("could not be added: it did not end within 10 s");
            assertThat(work.remove(machine, "ines", token)).isEqualTo(AccountResult.done());
            assertGone("ines");
        }
    }

    @Test
    @Tag("deep")
    void hungWorkIsKilledByTheNextTask() {
        try (var impatient = AccountWork.by(driver, TestSettings.in(workDir).withRunTimeout(SHORT))) {
            // Without a working timeout command on the machine, only the time limit of the run is left.
            fake("timeout", "exit 1");
            fake("useradd", "/usr/sbin/useradd \"$@\"; sleep 1000");
            long token = AccountWork.newToken();
            assertThat(impatient.create(machine, "jule", token))
                    .isEqualTo(new AccountResult(Outcome.FAILED, "The machine does not answer in time."));
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> work.remove(machine, "jule", token).isDone());
            assertGone("jule");
        }
    }

    @Test
    void creationAndRemovalAtOnceLeaveNothing() {
        try (var other = AccountWork.by(driver, TestSettings.in(workDir))) {
            for (int i = 0; i < 3; i++) {
                long token = AccountWork.newToken();
                List<CompletableFuture<AccountResult>> both = new ArrayList<>();
                both.add(work.start(AccountWork.creation(machine.target(), "kurt", token)));
                both.add(other.start(AccountWork.removal(machine.target(), "kurt", token)));
                both.forEach(AccountWork::resultOf);
                assertThat(AccountWork.resultOf(both.getLast())).isEqualTo(AccountResult.done());
                assertGone("kurt");
            }
        }
    }

    @Test
    void numbersAreNotReusedSoon() {
        long first = AccountWork.newToken();
        work.create(machine, "lara", first);
        int uid = machine.uidOf("lara").orElseThrow();
        work.remove(machine, "lara", first);
        long second = AccountWork.newToken();
        work.create(machine, "lara", second);

        assertThat(machine.uidOf("lara").orElseThrow()).isGreaterThan(uid).isBetween(20000, 59999);
        work.remove(machine, "lara", second);
    }
}
