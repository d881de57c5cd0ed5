package io.machinemanager.reservation;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.ReservationFixture;

/**
 * A database with many rows in each large table, for tests that frequent queries do not read such a table as a whole, by
 * what the database says with EXPLAIN and ANALYZE.
 */
abstract class HotQueriesTestBase {

    private static final Set<String> LARGE = Set.of("machines", "machine_labels", "reservations", "reservation_events",
            "users", "revoked_tokens", "refresh_tokens", "requests", "audit_entries", "api_keys", "login_counters",
            "group_members", "machine_groups");

    // Each has 3,000 rows or more, and a third of the machines is lent.
    private static final int MOST = 1500;

    // The columns of EXPLAIN and ANALYZE that tell how a table is read and how many rows that were.
    private static final int ACCESS = 3;
    private static final int READ_ROWS = 9;
    private static final Set<String> FULL = Set.of("ALL", "index");

    static final String LENT = """
            insert into reservations (request_id, machine_id, machine_name, owner_id, owner_name, account, state,
                    created_at, duration_minutes, started_at, reserved_until)
                select (select max(id) from requests), m.id, m.name, %d, 'alice', 'bench', 'ACTIVE', utc_timestamp(6), 60, utc_timestamp(6),
                    utc_timestamp(6) + interval 1 hour
                from machines m where %s and not exists
                    (select 1 from reservations r where r.live_machine_id = m.id);
            """;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture fixture;

    MariaDb database;

    Requester alice;

    @BeforeEach
    void aLargeInstallation() {
        fixture.clear();
        machines.reset();
        alice = fixture.user("alice");
        fixture.machines("m");
        sql("""
                set @now = utc_timestamp(6);
                insert into users (username, password_hash, token_version, created_at)
                    select concat('u', seq), '-', 1, @now from seq_1_to_3000;
                insert into machines (id, name, host, port, ssh_user, host_keys, next_probe_at, last_seen_at,
                        created_at)
                    select id + seq, concat('m', seq), host, port, ssh_user, host_keys, @now + interval 1 day, @now, @now
                    from machines, seq_1_to_3000;
                insert into requests (owner_id, owner_name, account, machine_count, duration_minutes, state, created_at,
                        ended_at, idempotency_key)
                    select id, username, username, 1, 60, 'ENDED', @now, @now, concat('old-', seq)
                    from users, seq_1_to_3000 where username = 'alice';
                insert into requests (owner_id, owner_name, account, machine_count, duration_minutes, state, created_at)
                    values (null, 'alice', 'alice', 1, 60, 'ACTIVE', @now);
                insert into machine_labels select id, 'os', if(id % 8, 'debian', 'alpine') from machines;
                insert into machine_labels select id, 'serial', id from machines;
                insert into machine_labels select id, 'gpu', '' from machines where name in ('m17', 'm1700', 'm2999');
                insert into reservations (request_id, machine_id, machine_name, owner_id, owner_name, account, state,
                        created_at, duration_minutes, started_at, reserved_until, released_at)
                    select (select min(id) from requests) + m.id % 3000, m.id, m.name, u.id, u.username, 'bench', 'RELEASED', @now, 60, @now, @now, @now
                    from machines m join users u where u.id % 750 = 0;
                insert into reservation_events (request_id, reservation_id, happened_at, kind)
                    select request_id, id, @now, 'ALLOCATED'
                    from reservations;
                insert into revoked_tokens (id, expires_at) select uuid(), @now + interval 1 hour from seq_1_to_3000;
                insert into api_keys (user_id, name, key_hash, is_admin, created_at, expires_at)
                    select id, 'key', sha2(id, 256), 0, @now, @now + interval 1 day from users;
                insert into login_counters (id, failures, expires_at)
                    select sha2(seq, 256), 1, @now + interval 1 hour from seq_1_to_3000;
                insert into refresh_tokens (session_id, user_id, token_version, token_hash, expires_at)
                    select uuid(), id, 1, sha2(id, 256), @now + interval 1 day from users;
                insert into user_groups (name, max_machines, max_minutes, max_queued, priority, may_book_days_ahead,
                        created_at)
                    select concat('g', seq), 0, 0, 0, 0, 0, @now from seq_1_to_2;
                insert into group_members (group_id, user_id)
                    select g.id, u.id from user_groups g join users u on u.username <> 'alice' or g.name = 'g2';
                insert into machine_groups (group_id, machine_id)
                    select g.id, m.id from user_groups g join machines m on m.id % 3 = 1 and m.name <> 'm';
                truncate audit_entries;
                insert into audit_entries (actor, address, action, target, outcome)
                    select if(seq = 1, 'bob', 'alice'), if(seq = 1, '192.0.2.2', '192.0.2.1'),
                        if(seq = 1, 'ACCESS_DENIED', 'RESERVED'), if(seq = 1, 'm2', 'm1'),
                        if(seq = 1, 'FAILED', 'DONE')
                    from seq_1_to_3000;
                """
                + LENT.formatted(alice.userId(), "m.id % 3 = 0")
                + """
                        analyze table users, machines, machine_labels, reservations, reservation_events, revoked_tokens, api_keys,
                            login_counters, refresh_tokens, requests, audit_entries, user_groups,
                            group_members, machine_groups;
                        """);
    }

    @AfterEach
    void stopListening() {
        database.query("set global general_log = 0");
        fixture.clear();
        sql("delete from revoked_tokens; delete from login_counters; truncate audit_entries");
    }

    String sql(String statements) {
        return database.query("use machine_manager; " + statements);
    }

    /** The statements of the work that read or change tables, with all values. */
    List<String> statementsOf(Runnable work) {
        return heard(work).stream().filter(line -> line.matches("(?i)(select|update|delete) .* (from|set) .*"))
                .distinct().toList();
    }

    /** All statements of the work. */
    List<String> heard(Runnable work) {
        database.query("set global log_output = 'TABLE'; set global general_log = 1; truncate mysql.general_log");
        work.run();
        database.query("set global general_log = 0");
        return database.query("select replace(convert(argument using utf8mb4), '\\n', ' ') from mysql.general_log"
                + " where command_type in ('Query', 'Execute')").lines().map(String::strip)
                .filter(line -> !line.contains("general_log")).toList();
    }

    /** The steps that read most of a large table: executed for queries, planned for changes. */
    Stream<String> wholeTables(String statement) {
        boolean harmless = statement.startsWith("select");
        return sql((harmless ? "analyze " : "explain ") + statement).lines().filter(step -> {
            List<String> columns = Arrays.asList(step.split("\t"));
            boolean large = columns.stream().anyMatch(column -> LARGE.contains(tableOf(statement, column)));
            return large && (harmless ? isMost(columns.get(READ_ROWS)) : FULL.contains(columns.get(ACCESS)));
        }).map(step -> step + " in " + statement);
    }

    private static boolean isMost(String rows) {
        // Such as "120.00", "120.00 (100%)" where rows are filtered by another index, or NULL for none.
        return !rows.equals("NULL") && Double.parseDouble(rows.split(" ")[0]) > MOST;
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
