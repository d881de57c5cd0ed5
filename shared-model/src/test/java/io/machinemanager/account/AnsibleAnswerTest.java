package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;

class AnsibleAnswerTest {

    // As Ansible 2.14 and 2.19 and OpenSSH 9 and 10 say it.
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
            UNREACHABLE | without a shell | This account is currently not available.
            UNREACHABLE | sudo does not accept | Sorry, try again. sudo: 1 incorrect password attempt
            UNREACHABLE | may not use sudo | admin is not in the sudoers file.
            UNREACHABLE | has no sudo | sh: 1: sudo: not found
            UNREACHABLE | before the log-in | kex_exchange_identification: read: Connection reset by peer
            UNREACHABLE | before the log-in | Connection closed by 127.0.0.1 port 22
            NOT_STARTED | sshpass | to use the 'ssh' connection type with passwords, you must install the sshpass program
            FAILED | lost during the work | Connection to 127.0.0.1 closed by remote host.
            FAILED | lost during the work | Timeout, server 127.0.0.1 not responding.
            FAILED | lost during the work | client_loop: send disconnect: Broken pipe
            FAILED | gave no answer | something that nobody has seen before
            """)
    void failureHasAReasonThatAPersonUnderstands(Outcome outcome, String reason, String said) {
        AccountResult result = new MachineAnswer("", -1, said).result();

        assertThat(result.outcome()).isEqualTo(outcome);
        assertThat(result.reason()).contains(reason).endsWith(".");
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "The account_script action failed to execute in the expected time frame (54) and was terminated",
            "Timed out after 54 second(s)." })
    void workThatWasGivenUpMayHaveBeenDone(String said) {
        AnsibleAnswer answer = new AnsibleAnswer("m0", new MachineAnswer("", -1, said));

        assertThat(answer.result(Action.CREATE)).isEqualTo(
                new AccountResult(Outcome.FAILED, "The machine does not answer in time."));
        assertThat(answer.result(Action.PROBE).outcome()).isEqualTo(Outcome.UNREACHABLE);
    }

    @Test
    void workWhoseLogInTookTooLongHasNotBegun() {
        assertThat(new MachineAnswer("", 255, "ssh: connect to host 10.0.0.1 port 22: Connection timed out")
                .resultOfWork().outcome()).isEqualTo(Outcome.UNREACHABLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"FAILED", "FAILED ", "FAILED      \t", "REFUSED  " })
    void anAnswerWithoutAReasonIsAnAnswer(String answer) {
        assertThat(new MachineAnswer(answer, 0, "").result().reason()).isEqualTo("The machine gave no reason.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FOUND", "FOUND a=12 b=34", "FOUND a=12 b=34 c=5", "FOUND a=12 b=34 c=",
            "FOUND a=12 b=34." })
    void aListThatWasCutTellsNothing(String answer) {
        assertThat(new MachineAnswer(answer, 0, "").result())
                .isEqualTo(new AccountResult(Outcome.FAILED, "The machine's list of our accounts has no end."));
    }

    @Test
    void whatIsNoAccountInAListIsPassedOver() {
        assertThat(new MachineAnswer("FOUND .", 0, "").result()).isEqualTo(AccountResult.found(Map.of()));
        assertThat(new MachineAnswer("FOUND a=12 B=3 x b=34 c=0 .", 0, "").result())
                .isEqualTo(AccountResult.found(Map.of("a", 12L, "b", 34L)));
    }

    @Test
    void changedHostKeyIsNamedSoThatItCanBeCompared() {
        AccountResult result = new MachineAnswer("", 255, """
                @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
                The fingerprint for the ED25519 key sent by the remote host is
                SHA256:Vp7Wh1Qj3JzXk0cS6yq4u2rB9tN5mE8aLdKfGoHiPsU.
                Host key verification failed.""").result();

        assertThat(result).isEqualTo(new AccountResult(Outcome.HOST_KEY_CHANGED,
                "The machine's SSH host key has changed."
                        + " It shows SHA256:Vp7Wh1Qj3JzXk0cS6yq4u2rB9tN5mE8aLdKfGoHiPsU now."));
    }

    @Test
    void answerOfTheScriptIsTaken() {
        assertThat(AnsibleAnswer.read("""
                {"host": "m3", "state": "ok", "rc": 0, "answer": "DONE the account is ready", "said": "noise"}""")
                .orElseThrow().result(Action.CREATE)).isEqualTo(AccountResult.done());
        assertThat(new MachineAnswer("REFUSED the name exists", 0, "Permission denied").result())
                .isEqualTo(new AccountResult(Outcome.REFUSED, "The name exists."));
        assertThat(new MachineAnswer("FAILED", 0, "").result().outcome()).isEqualTo(Outcome.FAILED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "null", "[]", "42", "\"host\"", "{\"host\": null}", "PLAY [all] ****", "{}x" })
    void otherOutputIsNoAnswer(String line) {
        assertThat(AnsibleAnswer.read(line)).isEmpty();
    }
}
