package io.machinemanager.account.ansible;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.MachineAnswer;
import io.machinemanager.account.MachineAnswer.Stage;

class AnsibleAnswerTest {

    // Messages of Ansible 2.14 and 2.19 and of OpenSSH 9 and 10.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            UNREACHABLE | refuses the connection | ssh: connect to host 127.0.0.1 port 1: Connection refused
            UNREACHABLE | in time | ssh: connect to host 10.0.0.1 port 22: Connection timed out
            UNREACHABLE | in time | Connection timed out during banner exchange
            UNREACHABLE | in time | The account_script action failed to execute in the expected time frame (10) and was terminated
            UNREACHABLE | in time | Timed out after 10 second(s).
            UNREACHABLE | not found | ssh: Could not resolve hostname nowhere: Name or service not known
            UNREACHABLE | no way | ssh: connect to host 10.0.0.1 port 22: No route to host
            UNREACHABLE | password or the key is wrong | root@127.0.0.1: Permission denied (publickey,password).
            UNREACHABLE | password or the key is wrong | Invalid/incorrect password: Permission denied, please try again.
            HOST_KEY_CHANGED | key has changed | @ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @ Host key verification failed.
            HOST_KEY_CHANGED | key has changed | No ED25519 host key is known for m0 and you have requested strict checking.
            UNREACHABLE | expired | Password change required but no TTY available.
            UNREACHABLE | expired | WARNING: Your password has expired. Permission denied
            UNREACHABLE | locked, expired | Your account has expired; please contact your administrator.^Connection closed by 10.0.0.1 port 22
            UNREACHABLE | PerSourcePenaltyExemptList | Not allowed at this time^kex_exchange_identification: read: Connection reset by peer
            UNREACHABLE | MaxStartups | Exceeded MaxStartups^kex_exchange_identification: Connection closed by remote host
            UNREACHABLE | password or the key is wrong | Connection refused, not allowed at this time^root@127.0.0.1: Permission denied (password).
            UNREACHABLE | before the log-in | kex_exchange_identification: read: Connection reset by peer
            UNREACHABLE | before the log-in | Connection closed by 127.0.0.1 port 22
            NOT_STARTED | sshpass | to use the 'ssh' connection type with passwords, you must install the sshpass program
            FAILED | gave no answer | something that nobody has seen before
            """)
    void failureHasAPlainReason(Outcome outcome, String reason, String said) {
        AccountResult result = MachineAnswer.beforeLogIn(said.replace('^', '\n')).result();

        assertThat(result.outcome()).isEqualTo(outcome);
        assertThat(result.reason()).contains(reason).endsWith(".");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            without a shell | This account is currently not available.
            without a shell | bash: warning: setlocale: LC_ALL: cannot change locale^This account is currently not available.
            expired | Password change required but no TTY available.
            sudo does not accept | Sorry, try again. sudo: 1 incorrect password attempt
            sudo does not accept | sudo: a password is required
            sudo does not accept | : a password is required
            sudo does not accept | a password is required
            may not use sudo | admin is not in the sudoers file.
            has no sudo | sh: 1: sudo: not found
            does not run the command (exit status 1): Permission denied | Permission denied
            does not run the command (exit status 1): Connection timed out | Connection timed out
            """)
    void outputAfterTheLogInIsNotAboutTheLogIn(String reason, String said) {
        AccountResult result = new MachineAnswer("", 1, Stage.LOGGED_IN, said.replace('^', '\n')).result();

        assertThat(result.outcome()).isEqualTo(Outcome.UNREACHABLE);
        assertThat(result.reason()).contains(reason).endsWith(".");
    }

    @ParameterizedTest
    @EnumSource(value = Stage.class, names = {"LOGGED_IN", "BEGUN" })
    void workWhoseConnectionWasLostMayHaveBeenDone(Stage stage) {
        assertThat(new MachineAnswer("", MachineAnswer.NO_STATUS, stage, "Permission denied").resultOfWork()).isEqualTo(
                new AccountResult(Outcome.FAILED, "The connection to the machine was lost during the work."));
    }

    @Test
    void workThatHadBegunMayHaveBeenDone() {
        assertThat(new MachineAnswer("", 1, Stage.BEGUN, "sudo: command not found").result()).isEqualTo(
                new AccountResult(Outcome.FAILED,
                        "The machine gave no answer (exit status 1): sudo: command not found."));
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "The account_script action failed to execute in the expected time frame (54) and was terminated",
            "Timed out after 54 second(s)." })
    void workThatTimedOutMayHaveBeenDone(String said) {
        AnsibleAnswer answer = new AnsibleAnswer("m0", MachineAnswer.beforeLogIn(said));

        assertThat(answer.result(Action.CREATE)).isEqualTo(
                new AccountResult(Outcome.FAILED, "The machine does not answer in time."));
        assertThat(answer.result(Action.PROBE).outcome()).isEqualTo(Outcome.UNREACHABLE);
    }

    @Test
    void workWhoseLogInTookTooLongHasNotBegun() {
        assertThat(MachineAnswer.beforeLogIn("ssh: connect to host 10.0.0.1 port 22: Connection timed out")
                .resultOfWork().outcome()).isEqualTo(Outcome.UNREACHABLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"FAILED", "FAILED ", "FAILED      \t", "REFUSED  " })
    void answerWithoutAReasonCounts(String answer) {
        assertThat(new MachineAnswer(answer, 0, Stage.BEGUN, "").result().reason())
                .isEqualTo("The machine gave no reason.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FOUND", "FOUND a=12 b=34", "FOUND a=12 b=34 c=5", "FOUND a=12 b=34 c=",
            "FOUND a=12 b=34.", "FOUND a=12 . {kernel=6.1", "FOUND a=12 . {" })
    void truncatedListIsAFailure(String answer) {
        assertThat(new MachineAnswer(answer, 0, Stage.BEGUN, "").result())
                .isEqualTo(new AccountResult(Outcome.FAILED, "The machine's list of our accounts has no end."));
    }

    @Test
    void otherTextInAListIsSkipped() {
        assertThat(new MachineAnswer("FOUND .", 0, Stage.BEGUN, "").result()).isEqualTo(AccountResult.found(Map.of()));
        assertThat(new MachineAnswer("FOUND a=12 B=3 x b=34 c=0 .", 0, Stage.BEGUN, "").result())
                .isEqualTo(AccountResult.found(Map.of("a", 12L, "b", 34L)));
    }

    @Test
    void theSecondsThatAreLeftAreReadWithTheAccounts() {
        AccountResult result = new MachineAnswer("FOUND a=12/3600 b=34/-5 c=56 d=7/x e=8/ .", 0, Stage.BEGUN, "")
                .result();

        assertThat(result.accounts()).isEqualTo(Map.of("a", 12L, "b", 34L, "c", 56L));
        assertThat(result.secondsLeft()).isEqualTo(Map.of("a", 3600L, "b", -5L));
    }

    @Test
    void factsAboutTheMachineAreReadAndOtherTextIsNot() {
        MachineAnswer answer = new MachineAnswer(
                "FOUND a=12 . { kernel=6.1.0-1 cores=4 X=y =z os= b c==} the file is there",
                0, Stage.BEGUN, "");

        assertThat(answer.result()).isEqualTo(AccountResult.unusable("The file is there.", Map.of("a", 12L))
                .withFacts(Map.of("kernel", "6.1.0-1", "cores", "4", "c", "=")));
        assertThat(new MachineAnswer("FOUND . {}", 0, Stage.BEGUN, "").result())
                .isEqualTo(AccountResult.found(Map.of()));
    }

    @Test
    void reasonShowsTheChangedHostKey() {
        AccountResult result = MachineAnswer.beforeLogIn("""
                @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
                The fingerprint for the ED25519 key sent by the remote host is
                SHA256:Vp7Wh1Qj3JzXk0cS6yq4u2rB9tN5mE8aLdKfGoHiPsU.
                Host key verification failed.""").result();

        assertThat(result).isEqualTo(new AccountResult(Outcome.HOST_KEY_CHANGED,
                "The machine's SSH host key has changed."
                        + " It shows SHA256:Vp7Wh1Qj3JzXk0cS6yq4u2rB9tN5mE8aLdKfGoHiPsU now."));
    }

    @Test
    void answerOfTheScriptIsRead() {
        assertThat(AnsibleAnswer.read("""
                {"host": "m3", "state": "ok", "rc": 0, "answer": "DONE the account is ready", "said": "noise"}""")
                .orElseThrow().result(Action.CREATE)).isEqualTo(AccountResult.done());
        assertThat(new MachineAnswer("REFUSED the name exists", 0, Stage.BEGUN, "Permission denied").result())
                .isEqualTo(new AccountResult(Outcome.REFUSED, "The name exists."));
        assertThat(new MachineAnswer("FAILED", 0, Stage.BEGUN, "").result().outcome()).isEqualTo(Outcome.FAILED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "null", "[]", "42", "\"host\"", "{\"host\": null}", "PLAY [all] ****", "{}x" })
    void otherOutputIsNoAnswer(String line) {
        assertThat(AnsibleAnswer.read(line)).isEmpty();
    }
}
