package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountTask.Action;

class AccountScriptTest {

    private static final String HASH = AccountPassword.hash("secret");

    @Test
    void commandIsTheSameWhateverTheTask() {
        assertThat(AccountScript.command(target("root"))).isEqualTo(AccountScript.command(target("root")))
                .startsWith("/bin/sh -c '");
        assertThat(AccountScript.command(target("admin"))).isEqualTo("sudo -S -p '' -- "
                + AccountScript.command(target("root")));
    }

    @Test
    void valuesAreLinesOfInput() {
        assertThat(AccountScript.input(task(target("root"), "alice", 7), Duration.ofSeconds(40)))
                .isEqualTo("MM-BEGIN\nCREATE\nalice\n7\n" + HASH + "\n40\n");
    }

    @Test
    void passwordForSudoComesFirst() {
        assertThat(AccountScript.input(task(target("admin"), "alice", 7), Duration.ofSeconds(40)))
                .startsWith("machine secret\nMM-BEGIN\n");
    }

    @Test
    void removalHasAnEmptyHash() {
        var removal = new AccountTask(target("root"), Action.REMOVE, "alice", 7, null);
        assertThat(AccountScript.problemWith(removal)).isEmpty();
        assertThat(AccountScript.input(removal, Duration.ofSeconds(40))).endsWith("alice\n7\n\n40\n");
    }

    @Test
    void taskThatCannotBeAskedForIsAProblem() {
        assertThat(AccountScript.problemWith(task(target("root"), "alice", 7))).isEmpty();
        assertThat(AccountScript.problemWith(task(target("root"), "alice", 0))).isPresent();
        assertThat(AccountScript.problemWith(task(target("root"), "alice", Long.MAX_VALUE))).isPresent();
        assertThat(AccountScript.problemWith(task(target("root"), "root", 7))).isPresent();
        assertThat(AccountScript.problemWith(task(target("root"), "a\nb", 7))).isPresent();
        assertThat(AccountScript.problemWith(new AccountTask(target("root"), Action.CREATE, "alice", 7, "x\ny")))
                .isPresent();
        assertThat(AccountScript.problemWith(new AccountTask(target("root"), Action.CREATE, "alice", 7, null)))
                .isPresent();
    }

    private static AccountTask task(Target target, String account, long token) {
        return new AccountTask(target, Action.CREATE, account, token, HASH);
    }

    private static Target target(String user) {
        return new Target("one", "127.0.0.1", 22, user, "machine secret", "ssh-ed25519 AAAA");
    }
}
