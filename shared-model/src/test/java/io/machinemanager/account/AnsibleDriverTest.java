package io.machinemanager.account;

import static io.machinemanager.account.AccountWork.login;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;

/** The whole way to machines and back. */
class AnsibleDriverTest {

    @TempDir
    static Path workDir;
    private static Lab lab;
    private static AnsibleDriver driver;
    private static AccountWork work;

    @BeforeAll
    static void start() {
        lab = Lab.start(3);
        driver = new AnsibleDriver(TestSettings.in(workDir));
        work = new AccountWork(driver);
    }

    @AfterAll
    static void stop() throws IOException {
        driver.close();
        lab.close();
        assertThat(workDir).isEmptyDirectory();
    }

    @AfterEach
    void nothingIsLeftOfTheRuns() {
        // A result is there as soon as the machine has answered, which is a moment before the end of the run.
        Awaitility.await().ignoreExceptions().untilAsserted(() -> {
            try (Stream<Path> files = Files.walk(workDir)) {
                assertThat(files.map(Path::toString)).noneMatch(file -> file.contains("/run-"));
            }
        });
    }

    @Test
    void accountIsMadeAndGoneAgainWithItsSession() {
        LabMachine machine = lab.machine(0);
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "alice", token)).isEqualTo(AccountResult.done());
        assertThat(login(machine, "alice").works()).isTrue();
        assertThat(lab.machine(1).passwdHas("alice")).isFalse();

        try (var session = login(machine, "alice").open()) {
            assertThat(work.remove(machine, "alice", token)).isEqualTo(AccountResult.done());
            assertThat(session.isCutWithin(Duration.ofSeconds(5))).isTrue();
        }
        assertThat(machine.passwdHas("alice")).isFalse();
        assertThat(machine.homeExists("alice")).isFalse();
        assertThat(login(machine, "alice").isRefused()).isTrue();
    }

    @Test
    void repeatingWorkIsHarmless() {
        LabMachine machine = lab.machine(0);
        long token = AccountWork.newToken();

        assertThat(work.create(machine, "bert", token).isDone()).isTrue();
        assertThat(work.create(machine, "bert", token).isDone()).isTrue();
        assertThat(login(machine, "bert").works()).isTrue();
        assertThat(work.remove(machine, "bert", token).isDone()).isTrue();
        assertThat(work.remove(machine, "bert", token).isDone()).isTrue();
    }

    @Test
    void probeTellsOurAccountsAndThoseOnly() {
        LabMachine machine = lab.machine(0);
        long first = AccountWork.newToken();
        long second = AccountWork.newToken();
        work.create(machine, "gina", first);
        work.create(machine, "hans", second);
        machine.exec("useradd", "-c", "machine-manager", "person");
        // What users can do to the mark where chfn lets them.
        machine.exec("usermod", "-c", "machine-manager-1", "hans");

        assertThat(work.result(AccountTask.probe(machine.target())))
                .isEqualTo(AccountResult.found(Map.of("gina", first, "hans", second)));
        work.remove(machine, "gina", first);
        work.remove(machine, "hans", second);
        assertThat(work.result(AccountTask.probe(machine.target()))).isEqualTo(AccountResult.found(Map.of()));
    }

    @Test
    void lateCreationAfterTheRemovalIsRefused() {
        LabMachine machine = lab.machine(0);
        long token = AccountWork.newToken();

        assertThat(work.remove(machine, "cora", token).isDone()).isTrue();
        assertThat(work.create(machine, "cora", token)).isEqualTo(new AccountResult(Outcome.FAILED,
                "This reservation was already cleaned up on the machine."));
        assertThat(machine.passwdHas("cora")).isFalse();
    }

    @Test
    void machinesThatCannotBeReachedSayWhyAndDoNotHoldUpTheOthers() throws IOException {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Target good = lab.machine(0).target();
            long token = AccountWork.newToken();
            List<CompletableFuture<AccountResult>> results = driver.submit(Stream.of(
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
    void aLookThatTakesTooLongIsGivenUpAndAccountWorkIsNot() {
        var impatient = new AnsibleDriver(TestSettings.in(workDir).withHealthTimeout(Duration.ofSeconds(4)));
        LabMachine machine = lab.machine(0);
        machine.exec("sh", "-c", "mkdir -p /root/.ssh; echo 'sleep 20' >/root/.ssh/rc");
        try {
            long token = AccountWork.newToken();
            var creation = new AccountWork(impatient).start(AccountWork.creation(machine.target(), "emil", token));
            assertThat(AccountWork.resultOf(creation)).isEqualTo(AccountResult.done());

            long start = System.nanoTime();
            assertUnreachable(new AccountWork(impatient).result(AccountTask.probe(machine.target())),
                    "does not answer in time");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
        } finally {
            machine.exec("rm", "-f", "/root/.ssh/rc");
            impatient.close();
        }
        assertThat(work.result(AccountTask.probe(machine.target())).isDone()).isTrue();
        assertThat(work.result(new AccountTask(machine.target(), AccountTask.Action.REMOVE, "emil",
                work.result(AccountTask.probe(machine.target())).accounts().get("emil"), null)).isDone()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{{ 7*7 }}", "'\"\\ $(id) `id` #", "pässwörd €😀", " {% raw %}!unsafe: %s ",
            "-oProxyCommand=id", "\"in quotes\"", "'in quotes'" })
    void machinePasswordIsTakenLiterally(String password) {
        LabMachine machine = lab.machine(2);
        // In ASCII, since the locale of this process decides how the arguments of another are written.
        StringBuilder octal = new StringBuilder();
        for (byte value : password.getBytes(StandardCharsets.UTF_8)) {
            octal.append("\\0%03o".formatted(value & 0xff));
        }
        machine.exec("sh", "-c", "printf 'root:%b\\n' \"$1\" | chpasswd", "sh", octal.toString());
        Target target = new Target("two", machine.host(), machine.port(), "root", password, machine.hostKeys());

        assertThat(work.result(AccountWork.removal(target, "nobody-there", AccountWork.newToken())))
                .isEqualTo(AccountResult.done());
    }

    @Test
    void expiredMachinePasswordIsSaidToBeSo() {
        LabMachine machine = lab.machine(2);
        machine.exec("sh", "-c", "echo 'root:secret' | chpasswd; chage -d 0 root");
        Target target = new Target("two", machine.host(), machine.port(), "root", "secret", machine.hostKeys());

        assertUnreachable(work.result(AccountWork.removal(target, "nobody-there", AccountWork.newToken())), "expired");
        machine.exec("chage", "-d", "-1", "root");
    }

    @Test
    void nothingSecretIsInAProcessListOrAnEnvironment() throws IOException {
        LabMachine machine = lab.machine(1);
        String hash = AccountPassword.hash("open sesame");
        for (String command : List.of("useradd", "chpasswd")) {
            String slow = "printf '#!/bin/sh\\nsleep 1\\nexec /usr/sbin/%s \"$@\"\\n' > /usr/local/sbin/%s; chmod +x /usr/local/sbin/%s"
                    .formatted(command, command, command);
            machine.exec("sh", "-c", slow);
        }
        long token = AccountWork.newToken();
        var result = work.start(new AccountTask(machine.target(), AccountTask.Action.CREATE, "emil", token,
                new AccountLogin(hash, null, false)));
        List<String> found = new ArrayList<>();
        while (!result.isDone()) {
            found.addAll(processesThatShow(List.of(machine.password(), hash, hash.substring(30, 60))));
        }

        assertThat(result.join()).isEqualTo(AccountResult.done());
        assertThat(found).isEmpty();
        machine.exec("sh", "-c", "rm /usr/local/sbin/*");
        work.remove(machine, "emil", token);
    }

    @Test
    void manyTasksForOneMachineAreDoneOneAfterTheOther() {
        LabMachine machine = lab.machine(1);
        long first = AccountWork.newToken();
        long second = AccountWork.newToken();
        var results = driver.submit(List.of(AccountWork.creation(machine.target(), "fred", first),
                AccountWork.removal(machine.target(), "fred", first),
                AccountWork.creation(machine.target(), "fred", second),
                AccountWork.removal(machine.target(), "fred", second)));

        assertThat(results.stream().map(AccountWork::resultOf)).containsOnly(AccountResult.done());
        assertThat(machine.passwdHas("fred")).isFalse();
    }

    private static void assertUnreachable(AccountResult result, String reason) {
        assertThat(result.outcome()).isEqualTo(Outcome.UNREACHABLE);
        assertThat(result.reason()).contains(reason);
    }

    private static List<String> processesThatShow(List<String> secrets) throws IOException {
        List<String> found = new ArrayList<>();
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                String text = read(process.resolve("cmdline")) + read(process.resolve("environ"));
                if (secrets.stream().anyMatch(text::contains)) {
                    found.add(text);
                }
            }
        }
        return found;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has just ended
        }
    }
}
