package io.machinemanager.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;
import io.machinemanager.testing.SshSession;
import io.restassured.response.Response;

/** The whole job, as its users see it: the shipped services, a real database, real sshd. */
@ParameterizedClass
@MethodSource("io.machinemanager.acceptance.Installation#drivers")
class WholeJobIT {

    private static final int MACHINES = 10;
    private static final Duration CONVERGENCE = Duration.ofSeconds(60);

    /** Of the database and two processors that have much to do. */
    private static final Duration SLACK = Duration.ofSeconds(5);

    private static Installation installation;
    private static String alice;

    @Parameter
    String driver;

    @BeforeParameterizedClassInvocation
    static void start(String driver) {
        installation = new Installation(MACHINES, 1, Map.of("ACCOUNT_DRIVER", driver));
        alice = installation.user("alice");
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        installation.close();
    }

    @AfterEach
    void giveEverythingBack() {
        installation.as(installation.admin()).post("/release_all").then().statusCode(200);
        await().atMost(CONVERGENCE).until(() -> installation.available().size() == MACHINES);
    }

    private static Response reserve(int count, String password) {
        return installation.as(alice).queryParam("count", count).queryParam("reservation_password", password)
                .get("/reserve");
    }

    private static void endIn(int seconds, Response lease) {
        List<Integer> ids = lease.then().extract().path("machines.reservation_id");
        ids.forEach(id -> installation.as(alice)
                .body(Map.of("reserved_until", Instant.now().plusSeconds(seconds).toString()))
                .patch("/reservations/" + id).then().statusCode(200));
    }

    @Test
    void aReservedMachineCanBeUsedUntilTheEndAndNotLonger() {
        Response lease = reserve(2, "a long secret");
        lease.then().statusCode(200);
        List<LabMachine> machines = Installation.machines(lease).stream().map(installation::machine).toList();
        SshLogin login = new SshLogin(machines.getFirst(), "alice", "a long secret");
        assertThat(machines).hasSize(2)
                .allSatisfy(machine -> assertThat(new SshLogin(machine, "alice", "a long secret").works()).isTrue());

        try (SshSession session = login.open()) {
            session.type("(setsid sleep 1000 &) ; while :; do :; done &");
            endIn(2, lease);

            assertThat(session.isCutWithin(CONVERGENCE)).isTrue();
        }
        await().atMost(CONVERGENCE).until(() -> installation.available().size() == MACHINES);
        assertThat(login.isRefused()).isTrue();
        assertThat(machines).allSatisfy(machine -> {
            assertThat(machine.passwdHas("alice")).isFalse();
            assertThat(machine.homeExists("alice")).isFalse();
            assertThat(machine.exec("sh", "-c", "ps -eo args | grep '[s]leep 1000' || true").output()).isEmpty();
        });
    }

    @Test
    void fiftyReservationsAtOnceOnTenMachinesLendEachMachineOnce() throws Exception {
        List<Response> answers = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(50)) {
            List<Future<Response>> calls = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                calls.add(executor.submit(() -> reserve(1, "a long secret")));
            }
            for (Future<Response> call : calls) {
                answers.add(call.get());
            }
        }
        List<Response> granted = answers.stream().filter(answer -> answer.statusCode() == 200).toList();
        assertThat(granted).as(() -> answers.stream().map(Response::asString).distinct().toList().toString())
                .hasSize(MACHINES).extracting(answer -> Installation.machines(answer).getFirst())
                .doesNotHaveDuplicates();
        assertThat(answers.stream().filter(answer -> answer.statusCode() != 200)).hasSize(50 - MACHINES)
                .allSatisfy(answer -> answer.then().statusCode(409));
        assertThat(granted).allSatisfy(answer -> assertThat(
                installation.machine(Installation.machines(answer).getFirst()).passwdHas("alice")).isTrue());
    }

    @Test
    void namesThatAreNotOursAreRefusedAndNothingChangesOnTheMachines() {
        installation.lab.machines().forEach(machine -> machine.exec("useradd", "-m", "existing").output());
        List<List<String>> before = accountFiles();

        installation.as(alice).queryParam("username", "root").get("/reserve").then().statusCode(400);
        installation.as(alice).queryParam("username", "existing").get("/reserve").then().statusCode(409);

        assertThat(accountFiles()).isEqualTo(before);
        await().atMost(CONVERGENCE).until(() -> installation.available().size() == MACHINES);
        installation.lab.machines().forEach(machine -> machine.exec("userdel", "-r", "existing"));
    }

    private static List<List<String>> accountFiles() {
        return installation.lab.machines().stream().flatMap(machine -> List
                .of(machine.lines("/etc/passwd"), machine.lines("/etc/shadow"), machine.lines("/etc/group")).stream())
                .toList();
    }

    @Test
    void aMachineThatCannotBeReachedIsReplacedByAnother() {
        LabMachine dead = installation.lab.machine(0);
        dead.stop();

        Response lease = reserve(MACHINES - 1, "a long secret");

        lease.then().statusCode(200);
        assertThat(Installation.machines(lease)).hasSize(MACHINES - 1).doesNotContain(dead.name());
        dead.start();
    }

    @Test
    @Tag("deep")
    void whatAKilledServiceWasMakingIsCleanedUp() throws Exception {
        LabMachine machine = installation.lab.machine(0);
        // the account is there and the row does not say so yet: useradd has done its work and does not come back
        machine.exec("sh", "-c", "mv /usr/sbin/useradd /usr/sbin/useradd.real; printf '%s\\n' '#!/bin/sh'"
                + " '/usr/sbin/useradd.real \"$@\"; touch /made; sleep 5' > /usr/sbin/useradd; chmod 755 /usr/sbin/useradd");
        try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
            executor.submit(() -> reserve(MACHINES, "a long secret"));
            await().atMost(CONVERGENCE).until(() -> machine.passwdHas("alice"));
            installation.api.kill();
        }
        String killed = installation.query("select utc_timestamp(6)").strip();
        machine.exec("mv", "-f", "/usr/sbin/useradd.real", "/usr/sbin/useradd");

        await().atMost(CONVERGENCE.plus(Installation.CLAIM))
                .until(() -> installation.lab.machines().stream().noneMatch(m -> m.passwdHas("alice"))
                        && installation.query("select count(*) from reservations where state <> 'RELEASED'").strip()
                                .equals("0"));
        assertThat(installation.query("select count(*) from reservation_events where kind = 'RELEASE_STARTED'"
                + " and happened_at > '%s' + interval %d second"
                        .formatted(killed, Installation.CLAIM.plus(Installation.TICK).plus(SLACK).toSeconds()))
                .strip()).as("taken up later than a claim and a tick after the death").isEqualTo("0");
        installation.api.start();
    }

    private static long waitFor(int count) {
        Response accepted = installation.as(alice).body(Map.of("count", count, "wait_minutes", 10))
                .post("/reservations");
        accepted.then().statusCode(202);
        return accepted.jsonPath().getLong("request_id");
    }

    /** The first answer that says that the request is active. */
    private static Response active(long request) {
        return await().atMost(CONVERGENCE.plus(Installation.CLAIM)).until(
                () -> installation.as(alice).get("/requests/%d?wait=5".formatted(request)),
                answer -> answer.path("state").equals("active"));
    }

    private static void giveBack(Response lease, int index) {
        List<Integer> ids = lease.then().extract().path("machines.reservation_id");
        installation.as(alice).delete("/reservations/" + ids.get(index)).then().statusCode(200);
    }

    @Test
    void aWaitingRequestIsServedWhenAMachineIsFreeAndItsOwnerLogsIn() {
        Response all = reserve(MACHINES, "a long secret");
        all.then().statusCode(200);
        long request = waitFor(1);
        giveBack(all, 0);

        Response served = active(request);
        LabMachine machine = installation.machine(served.path("machines[0].machine"));
        SshLogin first = new SshLogin(machine, "alice", served.path("reservation_password"));
        assertThat(first.works()).isTrue();

        Response changed = installation.as(alice).body("{}").post("/requests/%d/password".formatted(request));
        changed.then().statusCode(200);
        assertThat(new SshLogin(machine, "alice", changed.path("reservation_password")).works()).isTrue();
        assertThat(first.isRefused()).isTrue();

        installation.as(alice).delete("/requests/" + request).then().statusCode(200);
        assertThat(machine.passwdHas("alice")).isFalse();
    }

    @Test
    @Tag("deep")
    @Tag("deep")
    void aWaitingRequestIsServedAlthoughTheSchedulerIsKilledWhileItMakesTheAccount() {
        Response all = reserve(MACHINES, "a long secret");
        all.then().statusCode(200);
        LabMachine machine = installation.machine(Installation.machines(all).getFirst());
        machine.exec("sh", "-c", "mv /usr/sbin/useradd /usr/sbin/useradd.real; printf '%s\\n' '#!/bin/sh'"
                + " '/usr/sbin/useradd.real \"$@\"; touch /made; sleep 5' > /usr/sbin/useradd; chmod 755 /usr/sbin/useradd");
        long request = waitFor(1);
        giveBack(all, 0);
        await().atMost(CONVERGENCE).until(() -> machine.passwdHas("alice"));
        installation.scheduler.kill();
        machine.exec("mv", "-f", "/usr/sbin/useradd.real", "/usr/sbin/useradd");
        installation.scheduler.start();

        Response served = active(request);

        assertThat(new SshLogin(installation.machine(served.path("machines[0].machine")), "alice",
                served.path("reservation_password")).works()).isTrue();
    }

    @Test
    void theSchedulerEndsItsWorkInHandBeforeItStops() {
        Response lease = reserve(1, "a long secret");
        LabMachine machine = installation.machine(Installation.machines(lease).getFirst());
        machine.exec("sh", "-c", "mv /usr/sbin/userdel /usr/sbin/userdel.real; printf '%s\\n' '#!/bin/sh'"
                + " 'sleep 3; /usr/sbin/userdel.real \"$@\"' > /usr/sbin/userdel; chmod 755 /usr/sbin/userdel");
        endIn(1, lease);
        await().atMost(CONVERGENCE).until(() -> installation
                .query("select count(*) from reservations where state = 'RELEASING'").strip().equals("1"));

        int status = installation.scheduler.stop();

        machine.exec("mv", "-f", "/usr/sbin/userdel.real", "/usr/sbin/userdel");
        assertThat(status).isIn(0, 143);
        assertThat(machine.passwdHas("alice")).isFalse();
        assertThat(installation.query("select count(*) from reservations where state <> 'RELEASED'").strip())
                .isEqualTo("0");
        installation.scheduler.start();
    }
}
