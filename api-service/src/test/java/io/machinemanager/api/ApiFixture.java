package io.machinemanager.api;

import java.util.List;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.auth.LoginFailures;
import io.machinemanager.group.UserGroup;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.NewMachine;
import io.machinemanager.pool.MachineService;
import io.machinemanager.reservation.Request;
import io.machinemanager.reservation.Reservation;
import io.machinemanager.reservation.ReservationEvent;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.user.NewUser;
import io.machinemanager.user.User;
import io.machinemanager.user.UserService;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.restassured.RestAssured;
import io.restassured.specification.RequestSpecification;

/** Sets the service up for a test and calls it as somebody. */
@ApplicationScoped
public class ApiFixture {

    private final UserService users;
    private final MachineService machines;
    private final FakeMachines fakes;

    ApiFixture(UserService users, MachineService machines, FakeMachines fakes) {
        this.users = users;
        this.machines = machines;
        this.fakes = fakes;
    }

    /** Leaves nobody but the first admin, {@code admin}, and two ordinary users, {@code alice} and {@code bob}. */
    public void reset() {
        QuarkusTransaction.requiringNew().run(() -> {
            ReservationEvent.deleteAll();
            Reservation.deleteAll();
            Request.deleteAll();
            Machine.deleteAll();
            UserGroup.deleteAll();
            User.deleteAll();
            LoginFailures.deleteAll();
        });
        fakes.reset();
        users.seedAdmin();
        users.create(new NewUser("alice", passwordOf("alice"), false));
        users.create(new NewUser("bob", passwordOf("bob"), false));
    }

    /** The password of each user of a test. */
    public static String passwordOf(String user) {
        return "the %s's password".formatted(user);
    }

    /** Registers machines whose host keys are known and that have answered once. */
    public void machines(String... names) {
        for (String name : names) {
            machines.register(new NewMachine(name, "127.0.0.1", 22, "root",
                    SshCredentials.password("root's password"), true), "ssh-ed25519 AAAA");
        }
        QuarkusTransaction.requiringNew().run(() -> Machine.update("lastSeenAt = createdAt where name in ?1",
                List.of(names)));
    }

    /** A request of that user, which has just logged in. */
    public static RequestSpecification as(String user) {
        return with(tokenOf(user));
    }

    /** A request with that token. */
    public static RequestSpecification with(String token) {
        return RestAssured.given().auth().oauth2(token);
    }

    /** A token of that user. */
    public static String tokenOf(String user) {
        return RestAssured.given().contentType("application/json")
                .body("{\"username\":\"%s\",\"password\":\"%s\"}".formatted(user, passwordOf(user))).post("/login")
                .then()
                .statusCode(200).extract().path("access_token");
    }

    /** Reserves one machine for that user, and returns the reservation's id. */
    public static int reserve(String user) {
        return as(user).get("/reserve?count=1").then().statusCode(200).extract().path("machines[0].reservation_id");
    }

    /** The reservations as {@code machine state}, sorted. */
    public List<String> states() {
        return QuarkusTransaction.requiringNew().call(() -> Reservation.<Reservation>listAll().stream()
                .map(r -> r.machineName + " " + r.state).sorted().toList());
    }

    /** Runs something in a transaction, to move what lies in the database. */
    public void change(Runnable change) {
        QuarkusTransaction.requiringNew().run(change);
    }
}
