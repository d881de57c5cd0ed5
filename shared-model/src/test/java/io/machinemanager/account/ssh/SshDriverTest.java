package io.machinemanager.account.ssh;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountWork;
import io.machinemanager.account.Target;
import io.machinemanager.account.TestSettings;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** Connections are kept, replaced when they break, and bounded; a machine that shows another host key is not logged in to. */
@Tag("machines")
class SshDriverTest {

    private static final TestSettings SETTINGS = TestSettings.in(Path.of("target"));

    // sshd has two processes for each log-in.
    private static final int SSHD_PROCESSES = 2;

    private static Lab lab;
    private SshDriver driver;
    private AccountWork work;

    @BeforeAll
    static void startLab() {
        lab = Lab.start(3);
    }

    @AfterAll
    static void stopLab() {
        lab.close();
    }

    @BeforeEach
    void start() {
        Awaitility.await().until(() -> lab.machines().stream().allMatch(m -> sshdProcesses(m).isEmpty()));
        use(SETTINGS);
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    private void use(AccountConfig settings) {
        driver = new SshDriver(settings);
        work = new AccountWork(driver);
    }

    @Test
    void oneLogInServesManyTasks() {
        LabMachine machine = lab.machine(0);
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "alice", token)).isEqualTo(AccountResult.done());
        List<String> connection = connection(machine);
        assertThat(login(machine, "alice").works()).isTrue();
        assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());

        assertThat(connection(machine)).isEqualTo(connection);
        assertThat(login(machine, "alice").isRefused()).isTrue();
    }

    @Test
    void brokenIdleConnectionIsReplaced() {
        LabMachine machine = lab.machine(0);
        long token = AccountWork.newToken();
        work.create(machine, "berta", token);

        machine.restart();

        assertThat(work.remove(machine, "berta", token)).isEqualTo(AccountResult.done());
        assertThat(machine.passwdHas("berta")).isFalse();
    }

    @Test
    void frozenIdleConnectionIsReplacedSoon() {
        driver.close();
        use(SETTINGS.withConnectTimeout(Duration.ofSeconds(60)));
        LabMachine machine = lab.machine(0);
        long token = AccountWork.newToken();
        work.create(machine, "bodo", token);
        connection(machine);
        assertThat(machine.exec("pkill", "-STOP", "sshd-session").succeeded()).isTrue();
        try {
            long start = System.nanoTime();
            assertThat(work.remove(machine, "bodo", token)).isEqualTo(AccountResult.done());
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
        } finally {
            machine.exec("pkill", "-KILL", "--runstates", "T", "sshd-session");
        }
        assertThat(connection(machine)).as("the new connection stays open").isNotEmpty();
    }

    @Test
    void probeLogsInAnew() {
        LabMachine machine = lab.machine(0);
        Target target = machine.target();
        assertThat(work.result(AccountTask.probe(target)).isDone()).isTrue();
        List<String> connection = connection(machine);

        assertThat(work.result(AccountTask.probe(target)).isDone()).isTrue();
        assertThat(connection(machine)).isNotEqualTo(connection);
    }

    @Test
    void connectionsAreOpenedAheadOfNeed() {
        driver.prepare(lab.machines().stream().map(LabMachine::target).toList());
        Awaitility.await().until(() -> driver.idleConnections() == 3);
        List<String> connection = connection(lab.machine(1));

        long token = AccountWork.newToken();
        assertThat(work.create(lab.machine(1), "carla", token)).isEqualTo(AccountResult.done());
        assertThat(connection(lab.machine(1))).isEqualTo(connection);
        work.remove(lab.machine(1), "carla", token);
    }

    @Test
    void connectionsStayWithinTheLimit() {
        driver.close();
        use(SETTINGS.withMaxConnections(1));

        List<AccountTask> tasks = lab.machines().stream().map(m -> AccountTask.probe(m.target())).toList();
        assertThat(driver.submit(tasks)).allMatch(result -> AccountWork.resultOf(result).isDone());

        Awaitility.await().untilAsserted(() -> assertThat(
                lab.machines().stream().filter(m -> !sshdProcesses(m).isEmpty()).toList()).hasSize(1));
    }

    @Test
    void connectionPreparedLastStays() {
        driver.close();
        use(SETTINGS.withMaxConnections(2));
        for (int next : List.of(0, 1)) {
            driver.prepare(List.of(lab.machine(next).target()));
            Awaitility.await().until(() -> driver.idleConnections() == next + 1);
        }

        driver.prepare(List.of(lab.machine(0).target()));
        assertThat(work.result(AccountTask.probe(lab.machine(2).target())).isDone()).isTrue();

        Awaitility.await().until(() -> sshdProcesses(lab.machine(1)).isEmpty());
        assertThat(connection(lab.machine(0))).isNotEmpty();
    }

    @Test
    void idleConnectionIsClosed() {
        driver.close();
        use(SETTINGS.withKeepConnections(Duration.ofMillis(200)));
        assertThat(work.result(AccountTask.probe(lab.machine(0).target())).isDone()).isTrue();

        Awaitility.await().until(() -> sshdProcesses(lab.machine(0)).isEmpty());
    }

    @Test
    void connectionToAReservedMachineStaysAndOthersAreEvicted() {
        driver.close();
        use(SETTINGS.withKeepConnections(Duration.ofMillis(200)).withMaxConnections(2));
        LabMachine reserved = lab.machine(0);
        long token = AccountWork.newToken();
        work.create(reserved, "emma", token);
        work.result(AccountTask.probe(reserved.target()));
        List<String> connection = connection(reserved);
        for (int next : List.of(1, 2)) {
            assertThat(work.result(AccountTask.probe(lab.machine(next).target())).isDone()).isTrue();
        }
        Awaitility.await().until(() -> driver.idleConnections() == 1);
        assertThat(connection(reserved)).isEqualTo(connection);

        assertThat(work.remove(reserved, "emma", token)).isEqualTo(AccountResult.done());
        Awaitility.await().until(() -> sshdProcesses(reserved).isEmpty());
    }

    @Test
    void tasksForOneMachineRunInSequence() {
        LabMachine machine = lab.machine(0);
        List<AccountTask> tasks = IntStream.range(0, 8)
                .mapToObj(i -> AccountWork.creation(machine.target(), "dora" + i, AccountWork.newToken())).toList();
        assertThat(driver.submit(tasks)).allMatch(result -> AccountWork.resultOf(result).isDone());
        assertThat(driver.idleConnections()).isEqualTo(1);
        assertThat(connection(machine)).isNotEmpty();

        List<AccountTask> removals = tasks.stream()
                .map(task -> AccountWork.removal(task.target(), task.account(), task.token())).toList();
        assertThat(driver.submit(removals)).allMatch(result -> AccountWork.resultOf(result).isDone());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "host | no-such-host.invalid | The machine's host name is not found.",
            "port | 1                    | The machine refuses the connection: nothing answers on its SSH port.",
            "word | wrong                | The machine refuses the log-in: the user, the password or the key is wrong.",
            "user | nobody-here          | The machine refuses the log-in: the user, the password or the key is wrong." })
    void reasonForAFailedLogInIsGiven(String what, String value, String reason) {
        Target good = lab.machine(0).target();
        Target bad = new Target(good.machine(), what.equals("host") ? value : good.host(),
                what.equals("port") ? Integer.parseInt(value) : good.port(), what.equals("user") ? value : good.user(),
                what.equals("word") ? SshCredentials.password(value) : good.login(), good.hostKeys());

        assertThat(work.result(AccountTask.probe(bad))).isEqualTo(new AccountResult(Outcome.UNREACHABLE, reason));
    }

    @Test
    void machineWithAnotherHostKeyIsNotLoggedInTo() {
        Target first = lab.machine(0).target();
        Target second = lab.machine(1).target();
        Target mixed = new Target(first.machine(), first.host(), first.port(), first.user(), first.login(),
                second.hostKeys());

        assertThat(work.result(AccountTask.probe(mixed)))
                .satisfies(result -> {
                    assertThat(result.outcome()).isEqualTo(Outcome.HOST_KEY_CHANGED);
                    assertThat(result.reason())
                            .matches("The machine's SSH host key has changed. It shows SHA256:.{43} now.");
                });
    }

    @Test
    void eachRecordedHostKeySufficesByItself() {
        Target target = lab.machine(0).target();
        assertThat(target.hostKeys().lines()).allSatisfy(key -> {
            Target one = new Target(target.machine(), target.host(), target.port(), target.user(), target.login(),
                    key);
            assertThat(work.result(AccountTask.probe(one)).isDone()).as(key).isTrue();
        });
    }

    @Test
    void machineThatNeverAnswersTimesOut() throws Exception {
        driver.close();
        use(SETTINGS.withHealthTimeout(Duration.ofSeconds(1)));
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Target target = lab.machine(0).target();
            Target mute = new Target(target.machine(), "127.0.0.1", silent.getLocalPort(), target.user(),
                    target.login(), target.hostKeys());
            assertThat(work.result(AccountTask.probe(mute)))
                    .isEqualTo(new AccountResult(Outcome.UNREACHABLE, "The machine does not answer in time."));
        }
    }

    @Test
    void noWorkStartsAfterTheShutdown() {
        driver.close();
        assertThat(work.result(AccountTask.probe(lab.machine(0).target())).outcome()).isEqualTo(Outcome.NOT_STARTED);
        assertThat(driver.idleConnections()).isZero();
    }

    /** The only connection, once the processes of the last command and of earlier connections are gone. */
    private static List<String> connection(LabMachine machine) {
        return Awaitility.await().until(() -> sshdProcesses(machine), processes -> processes.size() == SSHD_PROCESSES);
    }

    /** The processes of sshd that serve root's connections. */
    private static List<String> sshdProcesses(LabMachine machine) {
        return machine.processesOf(0).stream().filter(process -> process.contains("sshd-session")).toList();
    }
}
