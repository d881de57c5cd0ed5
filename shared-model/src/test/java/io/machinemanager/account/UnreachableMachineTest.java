package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.assertUnreachable;
import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** A task that cannot be done fails in time, with its reason, and does not delay others. */
class UnreachableMachineTest extends EachDriver {

    @BeforeAll
    static void start() {
        lab = Lab.start(3);
    }

    @Test
    void unreachableMachinesSayWhyAndDoNotDelayOthers() throws IOException {
        // On a busy host the work on the good machine may take longer than the usual limit for a silent one.
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var patient = AccountWork.by(driver,
                        TestSettings.in(workDir).withConnectTimeout(Duration.ofSeconds(25)))) {
            Target good = lab.machine(0).target();
            long token = AccountWork.newToken();
            List<CompletableFuture<AccountResult>> results = patient.driver().submit(Stream.of(
                    new Target("silent", "127.0.0.1", silent.getLocalPort(), "root", "x", good.hostKeys()),
                    new Target("closed", "127.0.0.1", 1, "root", "x", good.hostKeys()),
                    new Target("unknown", "nowhere.invalid", 22, "root", "x", good.hostKeys()),
                    new Target("wrong", good.host(), good.port(), "root", "wrong", good.hostKeys()),
                    new Target("changed", good.host(), good.port(), "root", good.login(),
                            lab.machine(1).hostKeys()),
                    new Target("strange", "-oProxyCommand=id", 22, "root", "x", good.hostKeys()),
                    good).map(target -> AccountWork.creation(target, "dora", token)).toList());

            assertThat(AccountWork.resultOf(results.get(6))).isEqualTo(AccountResult.done());
            assertThat(results.getFirst()).isNotDone();
            assertThat(results.stream().limit(6).map(AccountWork::resultOf).toList()).satisfiesExactly(
                    result -> assertUnreachable(result, "does not answer in time"),
                    result -> assertUnreachable(result, "refuses the connection"),
                    result -> assertUnreachable(result, "host name is not found"),
                    result -> assertUnreachable(result, "the password or the key is wrong"),
                    result -> {
                        assertThat(result.outcome()).isEqualTo(Outcome.HOST_KEY_CHANGED);
                        assertThat(result.reason()).contains("SSH host key has changed. It shows SHA256:");
                    },
                    result -> assertUnreachable(result, "is a DNS name, an IPv4 address"));
            assertThat(work.remove(lab.machine(0), "dora", token).isDone()).isTrue();
        }
    }

    @Test
    @Tag("deep")
    void probeTimesOutBeforeAccountWork() {
        LabMachine machine = lab.machine(0);
        machine.exec("sh", "-c", "mkdir -p /root/.ssh; echo 'sleep 20' >/root/.ssh/rc");
        try (var impatient = AccountWork.by(driver,
                TestSettings.in(workDir).withHealthTimeout(Duration.ofSeconds(4)))) {
            long token = AccountWork.newToken();
            var creation = impatient.start(AccountWork.creation(machine.target(), "emil", token));
            assertThat(AccountWork.resultOf(creation)).isEqualTo(AccountResult.done());

            long start = System.nanoTime();
            assertUnreachable(impatient.result(AccountTask.probe(machine.target())),
                    "does not answer in time");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
        } finally {
            machine.exec("rm", "-f", "/root/.ssh/rc");
        }
        assertThat(work.result(AccountTask.probe(machine.target())).isDone()).isTrue();
        assertThat(work.result(new AccountTask(machine.target(), AccountTask.Action.REMOVE, "emil",
                work.result(AccountTask.probe(machine.target())).accounts().get("emil"), null)).isDone()).isTrue();
    }

    @Test
    void probeOfAMachineThatNeverAnswersTimesOut() throws IOException {
        LabMachine machine = lab.machine(0);
        // Once the queue of connections is full, the kernel drops further packets, as a firewall does.
        try (var impatient = AccountWork.by(driver, TestSettings.in(workDir).withHealthTimeout(Duration.ofSeconds(2)));
                var blackHole = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var first = new Socket(blackHole.getInetAddress(), blackHole.getLocalPort());
                var second = new Socket(blackHole.getInetAddress(), blackHole.getLocalPort())) {
            assertThat(List.of(first, second)).allMatch(Socket::isConnected);
            Target target = new Target("hole", "127.0.0.1", blackHole.getLocalPort(), "root", "x", machine.hostKeys());

            long start = System.nanoTime();
            assertUnreachable(impatient.result(AccountTask.probe(target)), "does not answer in time");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(9));
        }
    }

    @Test
    void reasonNamesAnExpiredMachinePassword() {
        LabMachine machine = lab.machine(2);
        machine.exec("sh", "-c", "echo 'root:secret' | chpasswd; chage -d 0 root");
        Target target = new Target("two", machine.host(), machine.port(), "root", "secret", machine.hostKeys());

        assertUnreachable(work.result(AccountWork.removal(target, "nobody-there", AccountWork.newToken())), "expired");
        machine.exec("chage", "-d", "-1", "root");
    }
}
