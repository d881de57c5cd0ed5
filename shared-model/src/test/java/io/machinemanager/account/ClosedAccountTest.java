package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Optional;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.testing.Lab.Flavour;
import io.machinemanager.testing.LabMachine;

/** An account to which no log-in works yet, while its machine is prepared. */
class ClosedAccountTest extends GuardTestBase {

    private static void createClosed(LabMachine machine, String account, long token, Optional<AccountEnd> end) {
        AccountLogin login = new AccountLogin(AccountWork.HASH, key.publicKey(), false).closedAtFirst();
        assertThat(work.result(new AccountTask(machine.target(), Action.CREATE, account, token, login, end)))
                .isEqualTo(AccountResult.done());
    }

    private static void assertRefuses(LabMachine machine, String account) throws IOException, InterruptedException {
        assertThat(AccountWork.login(machine, account).works()).isFalse();
        assertThat(key.run(machine, account, "id -un")).doesNotContain(account + "\n");
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void neitherPasswordNorKeyLetsInBeforeTheAccountGetsItsEnd(Flavour flavour) throws Exception {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        createClosed(machine, "alice", token, Optional.of(end(86_400, 60)));
        assertRefuses(machine, "alice");
        // as of a worker that asks again
        createClosed(machine, "alice", token, Optional.of(end(86_400, 60)));
        assertRefuses(machine, "alice");

        assertThat(moveEnd(machine, "alice", token, end(600, 60))).isEqualTo(AccountResult.done());

        assertLetsIn(machine, "alice");
        assertThat(secondsLeft(machine, "alice")).isBetween(500L, 600L);
        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
    }

    @ParameterizedTest
    @MethodSource("flavours")
    void anAccountWithoutAGuardIsOpenedToo(Flavour flavour) throws Exception {
        LabMachine machine = machine(flavour);
        long token = AccountWork.newToken();
        createClosed(machine, "berta", token, Optional.empty());
        assertRefuses(machine, "berta");

        assertThat(moveEnd(machine, "berta", token, null)).isEqualTo(AccountResult.done());

        assertLetsIn(machine, "berta");
        assertThat(work.remove(machine, "berta", token)).isEqualTo(AccountResult.done());
    }
}
