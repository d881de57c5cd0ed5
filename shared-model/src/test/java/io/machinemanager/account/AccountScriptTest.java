package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.ssh.SshCredentials;

class AccountScriptTest {

    private static final String HASH = AccountPassword.hash("secret");
    private static final String KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLGX1rwsy3ebvL2NmbZ3BUiaxY5HFSC1v7tvmWWMYQx";
    private static final String GUARD = "1 8456a73eaea7a9aff5ff57989c86e597fde39884544279dfa3775e0adf3d36c2";
    private static final ScriptLimits LIMITS = new ScriptLimits(Duration.ofSeconds(40), 20000, 29999);

    @Test
    void commandIsTheSameWhateverTheTask() {
        assertThat(AccountScript.command(target("root"))).isEqualTo(AccountScript.command(target("root")))
                .startsWith("/bin/sh -c '");
        assertThat(AccountScript.command(target("admin"))).isEqualTo("sudo -S -p '' -- "
                + AccountScript.command(target("root")));
    }

    @Test
    void valuesAreLinesOfInput() {
        assertThat(AccountScript.input(task(target("root"), "alice", 7), LIMITS))
                .isEqualTo("MM-BEGIN\nCREATE\nalice\n7\n" + HASH + "\n40\n\n\n20000\n29999\n\n\n\n\n\n\n");
    }

    @Test
    void passwordForSudoComesFirst() {
        assertThat(AccountScript.input(task(target("admin"), "alice", 7), LIMITS))
                .startsWith("machine secret\nMM-BEGIN\n");
    }

    @Test
    void withAKeyAloneSudoIsToAskForNothing() {
        var target = new Target("one", "127.0.0.1", 22, "admin", new SshCredentials(null, "key"), "ssh-ed25519 AAAA");

        assertThat(AccountScript.command(target))
                .isEqualTo("sudo -n -- " + AccountScript.command(target("root")));
        assertThat(AccountScript.input(task(target, "alice", 7), LIMITS)).startsWith("MM-BEGIN\n");
    }

    @Test
    void removalHasAnEmptyHash() {
        var removal = new AccountTask(target("root"), Action.REMOVE, "alice", 7, null);
        assertThat(AccountScript.problemWith(removal)).isEmpty();
        assertThat(AccountScript.input(removal, LIMITS)).endsWith("alice\n7\n\n40\n\n\n20000\n29999\n\n\n\n\n\n\n");
    }

    @Test
    void taskThatCannotBeAskedForIsAProblem() {
        assertThat(AccountScript.problemWith(task(target("root"), "alice", 7))).isEmpty();
        assertThat(AccountScript.problemWith(task(target("root"), "alice", 0))).isPresent();
        assertThat(AccountScript.problemWith(task(target("root"), "alice", Long.MAX_VALUE))).isPresent();
        assertThat(AccountScript.problemWith(task(target("root"), "root", 7))).isPresent();
        assertThat(AccountScript.problemWith(task(target("root"), "a\nb", 7))).isPresent();
        for (AccountLogin login : new AccountLogin[]{null, new AccountLogin("x\ny", null, false),
                new AccountLogin("*", null, false), new AccountLogin("!", KEY, false),
                new AccountLogin(HASH, "ssh-rsa AAAA\nx", false), new AccountLogin(HASH, "", false),
                new AccountLogin(HASH, "no-pty ssh-rsa AAAA", false), new AccountLogin(HASH, KEY + "\n", false),
                new AccountLogin(HASH, KEY + "," + KEY, false), new AccountLogin(HASH, keys(11, KEY), false),
                new AccountLogin(HASH, keys(10, "ssh-rsa " + "A".repeat(1000)), false) }) {
            assertThat(AccountScript.problemWith(new AccountTask(target("root"), Action.CREATE, "alice", 7, login)))
                    .as("%s", login).isPresent();
        }
    }

    @Test
    void keyAndSudoAreLinesToo() {
        var task = new AccountTask(target("root"), Action.CREATE, "alice", 7, new AccountLogin("*", KEY, true));

        assertThat(AccountScript.problemWith(task)).isEmpty();
        assertThat(AccountScript.input(task, LIMITS))
                .isEqualTo("MM-BEGIN\nCREATE\nalice\n7\n*\n40\n" + KEY + "\nsudo\n20000\n29999\n\n\n\n\n\n\n");
    }

    @Test
    void severalKeysHaveCommasBetweenThem() {
        var task = new AccountTask(target("root"), Action.CREATE, "alice", 7,
                new AccountLogin("*", keys(10, KEY), false));

        assertThat(AccountScript.problemWith(task)).isEmpty();
        assertThat(AccountScript.input(task, LIMITS)).contains("\n" + keys(10, KEY).replace("\n", ",") + "\n");
    }

    private static String keys(int count, String key) {
        return String.join("\n", Collections.nCopies(count, key));
    }

    @Test
    void newPasswordIsAHashAndNothingElse() {
        AccountTask task = AccountTask.newPassword(target("root"), "alice", 7, HASH);

        assertThat(AccountScript.problemWith(task)).isEmpty();
        assertThat(AccountScript.input(task, LIMITS))
                .isEqualTo("MM-BEGIN\nPASSWORD\nalice\n7\n" + HASH + "\n40\n\n\n20000\n29999\n\n\n\n\n\n\n");
        for (String hash : List.of("", "*", "!", "secret", HASH + "\nx", HASH + ":", "x" + HASH)) {
            assertThat(AccountScript.problemWith(AccountTask.newPassword(target("root"), "alice", 7, hash))).as(hash)
                    .isPresent();
        }
        assertThat(AccountScript.problemWith(new AccountTask(target("root"), Action.PASSWORD, "alice", 7, null)))
                .isPresent();
    }

    @Test
    void aTextThatWasCutOffDoesNothing() throws IOException {
        String definitions = source().replaceAll("(?m)^ *#.*\n", "").replaceAll("(?ms)^mm_\\w+\\(\\) \\{\n.*?^}\n", "")
                .replaceAll("(?m)^#.*\n", "")
                .replaceAll("(?m)^\n", "");

        assertThat(definitions).endsWith("\nmm_main\n");
        assertThat(definitions.substring(0, definitions.length() - "mm_main\n".length()))
                .matches("(\\w+=('[^']*'|\"[^\"`(]*\"|[^ \n'\"`(]+)\n|(export|unset)( [A-Z_]+)+\n)+");
    }

    @Test
    void testsThatTheScriptNamesExist() throws IOException {
        String list = source().replaceFirst("(?s)^.*\n# Guarantees", "").replaceFirst("(?s)\n# Protocol.*", "")
                .replaceAll("\n# {7}", " ");
        var entries = list.lines().filter(line -> line.startsWith("#     - "))
                .map(line -> line.substring(8).split(": "))
                .toList();

        assertThat(entries).hasSizeGreaterThan(30).allSatisfy(entry -> {
            Class<?> test = Class.forName(AccountScriptTest.class.getPackageName() + "." + entry[0]);
            assertThat(test.getDeclaredMethods()).extracting(Method::getName)
                    .containsAll(entry[1].equals("all") ? List.of() : List.of(entry[1].split(", ")));
        });
    }

    /** A running guard goes on with its script until one of a later version comes. */
    @Test
    void aChangeOfTheGuardRaisesItsVersion() throws Exception {
        String guard = source().replaceFirst("(?s)^.*\n# ---- end -+\n", "").replaceFirst("(?s)\n# ---- remove -.*", "")
                .replaceAll("(?m)^ *#.*\n", "");
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(guard.getBytes(StandardCharsets.US_ASCII));

        assertThat(AccountScript.guardVersion() + " " + HexFormat.of().formatHex(hash))
                .as("raise mm_guard_version, and note the new hash here").isEqualTo(GUARD);
    }

    @Test
    void textAndInputFitIntoAPipe() {
        assertThat(text()).hasSizeLessThan(62_000).doesNotContainPattern("(?m)^ *#");
    }

    private static String source() throws IOException {
        try (var resource = AccountScriptTest.class.getResourceAsStream("/account/" + AccountScript.RESOURCE)) {
            return new String(resource.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static String text() {
        return new String(AccountScript.text(), StandardCharsets.US_ASCII);
    }

    private static AccountTask task(Target target, String account, long token) {
        return new AccountTask(target, Action.CREATE, account, token, new AccountLogin(HASH, null, false));
    }

    private static Target target(String user) {
        return new Target("one", "127.0.0.1", 22, user, "machine secret", "ssh-ed25519 AAAA");
    }
}
