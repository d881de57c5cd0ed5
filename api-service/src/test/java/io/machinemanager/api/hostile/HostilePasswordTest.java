package io.machinemanager.api.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;

import io.machinemanager.account.AccountConfig.Driver;
import io.machinemanager.account.AccountDriver;
import io.machinemanager.account.ansible.AnsibleDriver;
import io.machinemanager.account.ssh.SshDriver;
import io.machinemanager.api.ApiFixture;
import io.machinemanager.probe.ProbeService;
import io.machinemanager.ssh.SshLoginRules;
import io.machinemanager.testing.Deep;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.Lab;
import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.machinemanager.testing.SshLogin;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.common.annotation.Identifier;

/**
 * Text from outside is never code: hostile passwords and names of machines and accounts reach real machines, by real
 * Ansible and by SSH.
 * Nothing may run, or be forged in the log, and each password lets in as it is.
 */
@QuarkusTest
@TestProfile(HostileLog.InAFile.class)
@WithTestResource(MariaDbResource.class)
class HostilePasswordTest {

    /** How many passwords of machines are tried; each costs a log-in by either driver. */
    private static final int TRIED = Deep.isIncluded() ? 40 : 6;

    private static final String SUCCESS = "created";

    private static final Path CANARY = Path.of(System.getProperty("java.io.tmpdir"), "mm-canary");

    private static Lab lab;

    @Inject
    @Identifier("ANSIBLE")
    AnsibleDriver ansible;

    @Inject
    @Identifier("SSH")
    SshDriver ssh;

    @Inject
    FakeMachines machines;

    @Inject
    ProbeService probes;

    @Inject
    ApiFixture scene;

    private final ObjectMapper json = JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void startLab() {
        lab = Lab.start(3);
    }

    @AfterAll
    static void closeLab() {
        lab.close();
    }

    @BeforeEach
    void setUp() throws IOException {
        scene.reset();
        Files.createDirectories(CANARY);
        for (Path old : canaries(CANARY)) {
            Files.delete(old);
        }
        for (Driver way : Driver.values()) {
            lab.machine(way.ordinal()).exec("mkdir", "-p", CANARY.toString());
        }
    }

    @AfterEach
    void nothingRanAndNothingIsForged() throws IOException {
        assertThat(canaries(CANARY)).as("made here").isEmpty();
        for (Driver way : Driver.values()) {
            assertThat(canaries(lab.machine(way.ordinal()).path(CANARY.toString()))).as("made on the machine")
                    .isEmpty();
        }
        Files.delete(CANARY);
        HostileLog.assertNothingForged();
    }

    private static List<Path> canaries(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static void run(List<Runnable> work, int threads) throws InterruptedException {
        try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            work.forEach(workers::submit);
            workers.shutdown();
            assertThat(workers.awaitTermination(10, TimeUnit.MINUTES)).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Driver.class)
    void allowedValuesReachMachinesLiterally(Driver way) throws Exception {
        AccountDriver driver = switch (way) {
            case ANSIBLE -> ansible;
            case SSH -> ssh;
        };
        LabMachine machine = lab.machine(way.ordinal());
        List<String> passwords = HostileValues.all(CANARY).stream()
                .filter(value -> SshLoginRules.problemWithPassword(value).isEmpty() && value.length() < 128).toList();
        List<String> chosen = new ArrayList<>();
        for (int i = 0; i < passwords.size(); i += Math.max(1, passwords.size() / TRIED)) {
            chosen.add(passwords.get(i));
        }
        // names that mean something to Ansible
        List<String> machineNames = new ArrayList<>(List.of("all", "localhost", "ungrouped", "m0", "null", "0", "1e3"));
        for (int i = machineNames.size(); i < chosen.size(); i++) {
            machineNames.add("x" + "._-".repeat(i % 5) + i);
        }
        addUsers(machine, chosen);
        String admin = ApiFixture.tokenOf("admin");
        List<Runnable> registrations = new ArrayList<>();
        for (int i = 0; i < chosen.size(); i++) {
            String name = machineNames.get(i);
            Map<String, Object> registration = Map.of("name", name, "host", machine.host(), "port", machine.port(),
                    "user",
                    "u" + i, "password", chosen.get(i), "host_key", machine.hostKeys(), "shared_host", true);
            machines.delegate(name, driver);
            registrations.add(noting(registration, () -> post(admin, "/machines", registration)));
        }
        run(registrations, chosen.size());
        assertThat(wrong).isEmpty();

        while (Scheduled.probe(probes, 20) > 0) {
            continue;
        }
        List<String> states = ApiFixture.as("admin").get("/machines").jsonPath()
                .getList("findAll{!it.last_seen_at}.name");
        assertThat(states.stream().map(name -> name + ": " + chosen.get(machineNames.indexOf(name))))
                .as("machines whose password did not let us in").isEmpty();

        reserveWith(machine, chosen.stream().filter(value -> value.matches("[ -~]+")).limit(8).toList());
    }

    /** Work that notes what it tried, unless that succeeds. */
    private Runnable noting(Object tried, Callable<String> attempt) {
        return () -> {
            try {
                String outcome = attempt.call();
                if (!outcome.equals(SUCCESS)) {
                    wrong.add(tried + ": " + outcome);
                }
            } catch (Exception e) {
                wrong.add(tried + ": " + e);
            }
        };
    }

    private String post(String token, String path, Map<String, Object> body) throws IOException {
        int status = ApiFixture.with(token).contentType("application/json").body(json.writeValueAsString(body))
                .post(path).statusCode();
        return status == 201 ? SUCCESS : "status " + status;
    }

    private static void addUsers(LabMachine machine, List<String> passwords) throws IOException {
        StringBuilder lines = new StringBuilder();
        StringBuilder users = new StringBuilder("echo 'ALL ALL=(ALL) ALL' > /etc/sudoers.d/hostile\n");
        for (int i = 0; i < passwords.size(); i++) {
            users.append("useradd -M u").append(i).append("\n");
            lines.append("u").append(i).append(":").append(passwords.get(i)).append("\n");
        }
        Files.writeString(machine.path("/root/passwords"), lines);
        assertThat(machine.exec("sh", "-c", users + "chpasswd -c SHA512 < /root/passwords"))
                .matches(result -> result.succeeded());
    }

    /** Accounts with these passwords, all at the same time, and a log-in with each. */
    private void reserveWith(LabMachine machine, List<String> passwords) throws Exception {
        String token = ApiFixture.tokenOf("alice");
        List<Runnable> reservations = new ArrayList<>();
        for (int i = 0; i < passwords.size(); i++) {
            String account = "h" + i;
            String password = passwords.get(i);
            Map<String, Object> body = Map.of("username", account, "reservation_password", password);
            reservations.add(noting(password, () -> {
                String outcome = post(token, "/reservations", body);
                return new SshLogin(machine, account, password).works() ? outcome : outcome + ", and no log-in";
            }));
        }
        run(reservations, passwords.size());
        assertThat(wrong).isEmpty();
        ApiFixture.as("admin").post("/release_all").then().statusCode(200);
        assertThat(machine.passwdHas("h0")).isFalse();
    }
}
