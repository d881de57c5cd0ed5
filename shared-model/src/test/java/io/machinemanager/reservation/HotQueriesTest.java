package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.login.SessionService;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Asks the database how it does what it is asked all day long: it must never read a large table as a whole for that. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class HotQueriesTest {

    private static final Set<String> LARGE = Set.of("machines", "reservations", "reservation_events", "users",
            "revoked_tokens", "audit_entries");

    @Inject
    ReservationService reservations;

    @Inject
    PoolService pool;

    @Inject
    ProbeService probes;

    @Inject
    HistoryService history;

    @Inject
    BacklogService backlog;

    @Inject
    SessionService sessions;

    @Inject
    FakeMachines machines;

    @Inject
    Scene scene;

    MariaDb database;

    private Borrower alice;

    @BeforeEach
    void aLargeInstallation() {
        scene.clear();
        machines.reset();
        alice = scene.user("alice");
        scene.machines("m");
        sql("""
                set @now = utc_timestamp(6);
                insert into users (username, password_hash, token_version, created_at)
                    select concat('u', seq), '-', 1, @now from seq_1_to_3000;
                insert into machines (id, name, host, port, ssh_user, host_keys, next_probe_at, created_at)
                    select id + seq, concat('m', seq), host, port, ssh_user, host_keys, @now + interval 1 day, @now
                    from machines, seq_1_to_3000;
                insert into reservations (request_id, machine_id, machine_name, owner_id, owner_name, account, state,
                        created_at, duration_minutes, started_at, reserved_until, released_at)
                    select uuid(), m.id, m.name, u.id, u.username, 'bench', 'RELEASED', @now, 60, @now, @now, @now
                    from machines m join users u where u.id %% 300 = 0;
                insert into reservations (request_id, machine_id, machine_name, owner_id, owner_name, account, state,
                        created_at, duration_minutes, started_at, reserved_until)
                    select uuid(), m.id, m.name, %d, 'alice', 'bench', 'ACTIVE', @now, 60, @now, @now + interval 1 hour
                    from machines m where m.id %% 3 = 0;
                insert into reservation_events (reservation_id, happened_at, kind) select id, @now, 'ALLOCATED'
                    from reservations;
                insert into revoked_tokens (id, expires_at) select uuid(), @now + interval 1 hour from seq_1_to_3000;
                analyze table users, machines, reservations, reservation_events, revoked_tokens;
                """.formatted(alice.userId()));
    }

    @AfterEach
    void stopListening() {
        database.query("set global general_log = 0");
        scene.clear();
        database.query("delete from machine_manager.revoked_tokens");
    }

    private String sql(String statements) {
        return database.query("use machine_manager; " + statements);
    }

    @Test
    void noneReadsALargeTableAsAWhole() {
        List<String> statements = statementsOf(() -> {
            Lease lease = reservations
                    .reserve(new ReservationOrder(alice, 2, 60, "alice", "secret word"));
            long id = lease.machines().getFirst().reservationId();
            reservations.details(id);
            reservations.extend(id, new NewEnd.After(90));
            reservations.giveBack(id);
            reservations.cleanUp(50);
            pool.only("m7");
            pool.after("m2", 20);
            pool.list(100, 20);
            probes.probeDue();
            history.purge(Duration.ofDays(1), 100);
            backlog.look();
            sessions.standing("alice", List.of("token", "session"));
        });

        assertThat(statements).hasSizeGreaterThan(15);
        assertThat(statements.stream().flatMap(this::fullScans)).isEmpty();
    }

    @Test
    void aFullScanIsSeen() {
        assertThat(fullScans("select count(*) from reservations where owner_name = 'alice'")).isNotEmpty();
    }

    /** What reaches the database meanwhile, with all values. */
    private List<String> statementsOf(Runnable work) {
        database.query("set global log_output = 'TABLE'; set global general_log = 1; truncate mysql.general_log");
        work.run();
        database.query("set global general_log = 0");
        return database.query("select replace(convert(argument using utf8mb4), '\\n', ' ') from mysql.general_log"
                + " where command_type in ('Query', 'Execute')").lines().map(String::strip)
                .filter(line -> line.matches("(?i)(select|update|delete) .* (from|set) .*"))
                .filter(line -> !line.contains("general_log")).distinct().toList();
    }

    /** The steps in which a large table is read from its beginning to its end, for want of an index that helps. */
    private Stream<String> fullScans(String statement) {
        List<String> found = new ArrayList<>();
        for (String step : sql("explain " + statement).lines().toList()) {
            List<String> columns = Arrays.asList(step.split("\t"));
            boolean large = columns.stream().anyMatch(column -> LARGE.contains(tableOf(statement, column)));
            // one that has a limit and goes along an index ends early
            if (large && (columns.get(3).equals("ALL")
                    || columns.get(3).equals("index") && !statement.contains(" limit "))) {
                found.add(step + " in " + statement);
            }
        }
        return found.stream();
    }

    private static String tableOf(String statement, String alias) {
        Matcher declared = Pattern.compile("(\\w+) " + Pattern.quote(alias) + "\\b")
                .matcher(statement);
        while (declared.find()) {
            if (LARGE.contains(declared.group(1))) {
                return declared.group(1);
            }
        }
        return alias;
    }
}
