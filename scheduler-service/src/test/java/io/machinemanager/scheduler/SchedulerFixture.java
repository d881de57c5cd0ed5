package io.machinemanager.scheduler;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.machine.NewMachine;
import io.machinemanager.pool.MachineService;
import io.machinemanager.reservation.RequestOptions;
import io.machinemanager.reservation.Requester;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.reservation.ReservationSpec;
import io.machinemanager.ssh.SshCredentials;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.user.User;
import io.quarkus.narayana.jta.QuarkusTransaction;

/** Prepares the database for a test, queries it, and lets time pass by changing the stored times. */
@ApplicationScoped
public class SchedulerFixture {

    private final DataSource database;
    private final MachineService machines;
    private final ReservationService reservations;
    private final FakeMachines fakes;

    SchedulerFixture(DataSource database, MachineService machines, ReservationService reservations,
            FakeMachines fakes) {
        this.database = database;
        this.machines = machines;
        this.reservations = reservations;
        this.fakes = fakes;
    }

    /** Deletes everything and heals all machines. */
    public void clear() {
        fakes.reset();
        for (String table : List.of("requests", "machines", "users")) {
            sql("delete from " + table);
        }
    }

    /** Registers machines m1, m2 … and lends them to alice, each for a request of its own. */
    public void lendMachines(int count) {
        IntStream.rangeClosed(1, count).forEach(i -> machines
                .register(new NewMachine("m" + i, "127.0.0.1", 22, "root", SshCredentials.password("secret"), true),
                        "ssh-ed25519 AAAA"));
        sql("update machines set last_seen_at = created_at where last_seen_at is null");
        IntStream.rangeClosed(1, count).forEach(i -> lendFree(1));
    }

    /** Lends as many free machines to alice. */
    public void lendFree(int count) {
        reservations.reserve(new ReservationSpec(alice(), count, 60, "alice", "secret word"));
    }

    /** Lets alice ask for as many machines with these options. */
    public void queue(int count, RequestOptions options) {
        reservations.reserve(new ReservationSpec(alice(), count, 60, "alice", "secret word").with(options), null);
    }

    private Requester alice() {
        return QuarkusTransaction.requiringNew().call(() -> {
            User alice = User.byName("alice").orElseGet(User::new);
            if (alice.id == null) {
                alice.username = "alice";
                alice.passwordHash = "-";
                alice.createdAt = Instant.EPOCH;
                alice.persist();
            }
            return new Requester(alice.id, alice.username);
        });
    }

    /** Ends the time of these machines' reservations. */
    public void expire(String... names) {
        for (String name : names) {
            sql("update reservations set reserved_until = created_at where state = 'ACTIVE' and machine_name = '" + name
                    + "'");
        }
    }

    /** Ends the time of all reservations. */
    public void expireAll() {
        sql("update reservations set reserved_until = created_at where state = 'ACTIVE'");
    }

    /** The live reservations as {@code machine state}, sorted. */
    public List<String> live() {
        return column(
                "select concat(machine_name, ' ', state) from reservations where state <> 'RELEASED' order by 1");
    }

    /** Runs a statement that changes the database. */
    public void sql(String statement) {
        try (Connection connection = database.getConnection(); Statement change = connection.createStatement()) {
            change.executeUpdate(statement);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The first column of a query's result. */
    public List<String> column(String query) {
        try (Connection connection = database.getConnection();
                Statement select = connection.createStatement();
                ResultSet rows = select.executeQuery(query)) {
            List<String> column = new ArrayList<>();
            while (rows.next()) {
                column.add(rows.getString(1));
            }
            return column;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
