package io.machinemanager.reservation;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

import javax.sql.DataSource;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/**
 * Not a test but a benchmark of {@code just bench}: how many machines a second are allocated to competing clients, without
 * account work, compared with the minimum of statements by JDBC. Both run on the same database, pool and JVM, in turn.
 */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
@EnabledIfSystemProperty(named = "bench.file", matches = ".+")
class AllocationBench {

    private static final int CLIENTS = 8;
    private static final int MACHINES = 1600;
    private static final int MINUTES = 60;

    @Inject
    AdmissionStore store;

    @Inject
    DataSource pool;

    @Inject
    ReservationFixture fixture;

    MariaDb database;

    private Requester requester;
    private ReservationSpec spec;

    @Test
    void measure() throws Exception {
        fixture.clear();
        requester = fixture.user("alice");
        spec = new ReservationSpec(requester, 1, MINUTES, "alice", "password");
        // as in an installation; the database of tests is less strict
        database.query("set global innodb_flush_log_at_trx_commit = 1");
        // one real row, of which all others are copies: their credentials are not used
        fixture.machines("m");
        database.query(
                "use machine_manager; insert into machines (id, name, host, port, ssh_user, host_keys, next_probe_at,"
                        + " last_seen_at, created_at) select id + seq, concat('m', seq), host, port, ssh_user, host_keys,"
                        + " next_probe_at, last_seen_at, created_at"
                        + " from machines, seq_1_to_" + (MACHINES - 1));
        List<Double> product = new ArrayList<>();
        List<Double> raw = new ArrayList<>();
        int turns = Integer.getInteger("bench.turns", 5);
        for (int turn = -2; turn < turns; turn++) {
            double ours = perSecond(this::byProduct);
            double theirs = perSecond(this::byJdbc);
            if (turn >= 0) {
                product.add(ours);
                raw.add(theirs);
            }
        }
        Files.writeString(Path.of(System.getProperty("bench.file")),
                "{\"clients\": %d, \"product\": %s, \"raw\": %s}%n".formatted(CLIENTS, product, raw));
    }

    /** Lets the clients allocate all machines one by one, and releases them. */
    private double perSecond(Callable<Void> takeOne) throws Exception {
        long start = System.nanoTime();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            Callable<Void> client = () -> {
                for (int i = 0; i < MACHINES / CLIENTS; i++) {
                    takeOne.call();
                }
                return null;
            };
            for (var done : clients.invokeAll(Collections.nCopies(CLIENTS, client))) {
                done.get();
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        database.query("delete from machine_manager.requests");
        return MACHINES / seconds;
    }

    private Void byProduct() {
        store.admit(new NewRequest(spec, null, "hash", null, null, UUID.randomUUID(), new AtomicLong()));
        return null;
    }

    /** A machine may be lent between the query and its lock. Like the product, this tries again then. */
    private Void byJdbc() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            while (true) {
                try {
                    allocate(connection);
                    return null;
                } catch (SQLException e) {
                    connection.rollback();
                    if (!isLostRace(e)) {
                        throw e;
                    }
                }
            }
        }
    }

    private void allocate(Connection connection) throws SQLException {
        select(connection, "select id from users where id = " + requester.userId());
        List<Object> machine = select(connection,
                "select id, name, host, port, ssh_user, sealed_password, host_keys"
                        + " from machines m where in_service"
                        + " and (unavailable_until is null or unavailable_until <= utc_timestamp(6))"
                        + " and (paused_until is null or paused_until <= utc_timestamp(6))"
                        + " and not exists (select 1 from reservations r where r.live_machine_id = m.id) order by id limit 1"
                        + " for update skip locked");
        insert(connection, machine.get(0), machine.get(1));
        connection.commit();
    }

    /** A duplicate key, a deadlock, or too long a wait. */
    private static boolean isLostRace(SQLException failure) {
        return List.of(1062, 1205, 1020, 1213).contains(failure.getErrorCode());
    }

    private static List<Object> select(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            List<Object> row = new ArrayList<>();
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                row.add(rows.getObject(i));
            }
            return row;
        }
    }

    private static long key(Statement insert) throws SQLException {
        try (ResultSet keys = insert.getGeneratedKeys()) {
            keys.next();
            return keys.getLong(1);
        }
    }

    private void insert(Connection connection, Object machineId, Object machineName) throws SQLException {
        String claim = UUID.randomUUID().toString();
        long request;
        try (PreparedStatement insert = connection
                .prepareStatement("insert into requests (owner_id, owner_name, account,"
                        + " machine_count, duration_minutes, password_hash, state, created_at, assigned_at, claimed_by, claimed_until)"
                        + " values (?, 'alice', 'alice', 1, 60, 'hash', 'PROVISIONING', utc_timestamp(6), utc_timestamp(6), ?,"
                        + " utc_timestamp(6) + interval 1 minute)", Statement.RETURN_GENERATED_KEYS)) {
            insert.setLong(1, requester.userId());
            insert.setString(2, claim);
            insert.executeUpdate();
            request = key(insert);
        }
        long id;
        try (PreparedStatement insert = connection.prepareStatement("insert into reservations (request_id, machine_id,"
                + " machine_name, owner_id, owner_name, account, password_hash, state, created_at, duration_minutes,"
                + " reserved_until, claimed_by) values (?, ?, ?, ?, 'alice', 'alice', 'hash', 'PROVISIONING',"
                + " utc_timestamp(6), 60, utc_timestamp(6) + interval 60 minute, ?)",
                Statement.RETURN_GENERATED_KEYS)) {
            insert.setLong(1, request);
            insert.setObject(2, machineId);
            insert.setObject(3, machineName);
            insert.setLong(4, requester.userId());
            insert.setString(5, claim);
            insert.executeUpdate();
            id = key(insert);
        }
        try (PreparedStatement event = connection.prepareStatement(
                "insert into reservation_events (request_id, reservation_id, happened_at, kind) values (?, ?, utc_timestamp(6),"
                        + " 'ALLOCATED')")) {
            event.setLong(1, request);
            event.setLong(2, id);
            event.executeUpdate();
        }
    }
}
