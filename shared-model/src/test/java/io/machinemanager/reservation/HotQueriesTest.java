package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import jakarta.inject.Inject;

import org.hibernate.SessionFactory;
import org.hibernate.stat.Statistics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditFilter;
import io.machinemanager.audit.AuditOutcome;
import io.machinemanager.audit.AuditService;
import io.machinemanager.auth.ApiKeyService;
import io.machinemanager.auth.LoginAttempt;
import io.machinemanager.auth.LoginService;
import io.machinemanager.auth.LoginSession;
import io.machinemanager.auth.SessionService;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.error.InvalidGrantException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.group.MachineAccess;
import io.machinemanager.group.MachineAccessCache;
import io.machinemanager.pool.MachineQuery;
import io.machinemanager.pool.PoolService;
import io.machinemanager.probe.ProbeService;
import io.machinemanager.reservation.LiveReservations.Wanted;
import io.machinemanager.selector.Selector;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.machinemanager.testing.Scheduled;
import io.machinemanager.user.UserStatus;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Frequent queries must not read a large table as a whole, by what the database says with EXPLAIN and ANALYZE. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class HotQueriesTest {

    private static final Set<String> LARGE = Set.of("machines", "machine_labels", "reservations", "reservation_events",
            "users",
            "revoked_tokens", "refresh_tokens", "requests", "audit_entries", "api_keys", "login_counters",
            "group_members",
            "machine_groups");

    // Each has 3,000 rows or more, and a third of the machines is lent.
    private static final int MOST = 1500;

    // The columns of EXPLAIN and ANALYZE that tell how a table is read and how many rows that were.
    private static final int ACCESS = 3;
    private static final int READ_ROWS = 9;
    private static final Set<String> FULL = Set.of("ALL", "index");

    private static final String LENT = """
            insert into reservations (request_id, machine_id, machine_name, owner_id, owner_name, account, state,
                    created_at, duration_minutes, started_at, reserved_until)
                select (select max(id) from requests), m.id, m.name, %d, 'alice', 'bench', 'ACTIVE', utc_timestamp(6), 60, utc_timestamp(6),
                    utc_timestamp(6) + interval 1 hour
                from machines m where %s and not exists
                    (select 1 from reservations r where r.live_machine_id = m.id);
            """;

    @Inject
    ReservationService reservations;

    @Inject
    AdmissionStore admissions;

    @Inject
    DispatchStore dispatches;

    @Inject
    PoolService pool;

    @Inject
    LiveReservations live;

    @Inject
    ProbeService probes;

    @Inject
    HistoryService history;

    @Inject
    BacklogService backlog;

    @Inject
    SessionService sessions;

    @Inject
    ApiKeyService apiKeys;

    @Inject
    LoginService logins;

    @Inject
    AuditService audit;

    @Inject
    MachineAccessCache access;

    @Inject
    AllowanceService allowances;

    @Inject
    SessionFactory sessionFactory;

    @Inject
    DatabaseClock clock;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture fixture;

    MariaDb database;

    private Requester alice;

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

    private String sql(String statements) {
        return database.query("use machine_manager; " + statements);
    }

    @Test
    void noStatementReadsALargeTableAsAWhole() {
        List<String> statements = statementsOf(() -> {
            Reserved reserved = reservations.reserve(new ReservationSpec(alice, 2, 60, "alice", "secret word"), "key");
            long id = ((Reserved.Lent) reserved).lease().machines().getFirst().reservationId();
            reservations.details(id);
            reservations.extend(id, new NewEnd.After(90));
            reservations.release(id);
            Scheduled.cleanUp(reservations, 50);
            pool.only("m7");
            pool.after(MachineQuery.ALL, "m2", 20);
            pool.list(MachineQuery.ALL, 100, 20);
            Selector few = Selector.parse("gpu,os!=windows");
            pool.list(selected(few), 0, 20);
            pool.list(selected(few), 1, 20);
            pool.after(selected(few), "m2", 20);
            pool.count(selected(few));
            pool.forEachSummary(selected(few), machine -> {
            });
            Selector many = Selector.parse("os=debian,!windows");
            pool.list(selected(many), 0, 20);
            pool.list(selected(many), 100, 20);
            pool.after(selected(many), "m2", 20);
            Scheduled.probe(probes, 20);
            history.purge(Duration.ofDays(1), 100);
            backlog.read();
        });

        assertThat(statements).hasSizeGreaterThan(15).anyMatch(s -> s.contains(" from requests "));
        assertThat(statements.stream().flatMap(this::wholeTables)).isEmpty();
    }

    @Test
    void noListOfReservationsReadsALargeTableAsAWhole() {
        List<String> statements = statementsOf(() -> {
            for (Wanted wanted : List.of(Wanted.ALL, new Wanted(ReservationState.ACTIVE, null),
                    new Wanted(ReservationState.RELEASING, null),
                    new Wanted(ReservationState.ACTIVE, alice.userId()))) {
                live.list(wanted, 0, 20);
                live.list(wanted, 100, 20);
                live.after(wanted, "m2", 20);
                live.count(wanted);
            }
        });

        assertThat(statements).hasSize(16);
        assertThat(statements.stream().flatMap(this::wholeTables)).isEmpty();
    }

    @Test
    void noAuthenticationReadsALargeTableAsAWhole() {
        List<String> statements = statementsOf(() -> {
            sessions.status("alice", List.of("token", "session"));
            apiKeys.status("mm_key");
            assertThatThrownBy(() -> logins.logIn(new LoginAttempt("nobody", Optional.of("192.0.2.1")), "guess"))
                    .isInstanceOf(InvalidGrantException.class);
        });

        assertThat(statements).hasSizeGreaterThan(4);
        assertThat(statements.stream().flatMap(this::wholeTables)).isEmpty();
    }

    @Test
    void renewingAndRevokingASessionReadsNoLargeTableAsAWhole() {
        List<String> statements = statementsOf(() -> {
            UserStatus standing = sessions.status("alice", List.of("token")).orElseThrow();
            LoginSession session = sessions.refresh(sessions.begin(standing).refreshToken(), Duration.ofMinutes(10));
            sessions.logOut(standing, "token", Optional.of(session.id()), Instant.now().plusSeconds(600));
        });

        assertThat(statements).filteredOn(s -> s.contains(" refresh_tokens ")).hasSizeGreaterThan(2);
        assertThat(statements.stream().flatMap(this::wholeTables)).isEmpty();
    }

    /** Rare values are in the oldest entry or in none: reading from the latest entry on would pass all others. */
    @Test
    void noFilterOfTheAuditReadsItAsAWhole() {
        Instant yesterday = Instant.now().minus(Duration.ofDays(1));
        Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
        List<AuditFilter> common = List.of(who(null, null, null), who("alice", null, null),
                who(null, "192.0.2.1", null), who(null, null, "m1"), what(AuditAction.RESERVED, null),
                what(null, AuditOutcome.DONE), time(yesterday, null, null), time(null, tomorrow, null),
                time(null, null, Long.MAX_VALUE));
        List<AuditFilter> rare = List.of(who("bob", null, null), who(null, "192.0.2.2", null), who(null, null, "m2"),
                who("alice", "192.0.2.2", null), what(AuditAction.ACCESS_DENIED, null),
                what(null, AuditOutcome.FAILED), what(AuditAction.RESERVED, AuditOutcome.FAILED));
        List<AuditFilter> none = List.of(who("nobody", null, null), who(null, "192.0.2.3", null),
                who(null, null, "m3"), what(AuditAction.LOCKED_OUT, null), what(null, AuditOutcome.REFUSED),
                time(tomorrow, null, null), time(null, yesterday, null), time(null, null, 1L));
        List<AuditFilter> all = Stream.of(common, rare, none).flatMap(List::stream).toList();

        List<String> statements = statementsOf(() -> all.forEach(filter -> audit.find(filter, 0, 20)));

        assertThat(statements).hasSameSizeAs(all);
        assertThat(statements.stream().flatMap(this::wholeTables)).isEmpty();
    }

    @Test
    void theNextMachinesAreFoundWithoutReadingTheOthers() {
        List<String> statements = statementsOf(
                () -> QuarkusTransaction.requiringNew().run(() -> FreeMachines.next(Instant.now(), 100)));

        assertThat(statements).hasSize(1);
        assertThat(statements.stream().flatMap(this::wholeTables)).isEmpty();
    }

    /** A refusal has to read all machines, and must not read any other large table as a whole. */
    @Test
    void aRefusalReadsNoLargeTableButTheMachines() {
        sql(LENT.formatted(alice.userId(), "true"));

        List<String> statements = statementsOf(() -> assertThatThrownBy(
                () -> reservations.reserve(new ReservationSpec(alice, 2, 60, "alice", "secret word")))
                .isInstanceOf(NotEnoughAvailableException.class));

        assertThat(statements).anyMatch(statement -> statement.contains(" from machines "));
        assertThat(statements.stream().filter(s -> !s.contains(" from machines ")).flatMap(this::wholeTables))
                .isEmpty();
    }

    @Test
    void whatAUserMaySeeIsFoundWithoutReadingTheGroupsOfAllMachines() {
        List<String> statements = statementsOf(() -> {
            MachineAccess seen = access.load(alice.userId());
            pool.list(new MachineQuery(Selector.ALL, seen), 100, 20);
            pool.after(new MachineQuery(Selector.ALL, seen), "m2", 20);
            pool.onlyFor(alice.userId(), "m2");
            live.list(Wanted.seenBy(alice.userId(), seen), 100, 20);
            allowances.of(alice.userId());
        });

        assertThat(statements).hasSizeGreaterThan(7);
        assertThat(statements.stream().flatMap(this::wholeTables)).isEmpty();
    }

    /** It reads all machines, and only the live reservations. */
    @Test
    void theListOfNamesReadsNoHistory() {
        List<String> statements = statementsOf(() -> pool.forEachSummary(MachineQuery.ALL, machine -> {
        }));

        assertThat(statements).hasSize(1);
        assertThat(statements.stream().flatMap(this::wholeTables)).allMatch(step -> step.contains("\tm1_0\t"));
    }

    @Test
    void aListIsOneQueryAndTheTimeIsInIt() {
        assertThat(heard(() -> pool.forEachSummary(MachineQuery.ALL, machine -> {
        }))).hasSize(1);
        assertThat(heard(() -> pool.list(MachineQuery.ALL, 0, 20))).hasSize(1);
        assertThat(heard(() -> pool.list(selected(Selector.parse("os=debian")), 0, 20))).hasSize(1);
        assertThat(heard(() -> live.list(Wanted.ALL, 0, 20))).hasSize(1);
    }

    /** As many as there were before requests had a row of their own and could wait. */
    @Test
    void anAdmissionIsEightStatements() {
        NewRequest wanted = NewRequest.of(new ReservationSpec(alice, 1, 60, "alice", "secret word"), null, null);

        assertThat(heard(() -> admissions.admit(wanted)))
                .filteredOn(line -> line.matches("(?i)(select|insert|update|delete) .*")).hasSize(8);
    }

    @Test
    void whatIsAskedEachSecondDoesNotReadALongQueue() {
        sql("insert into requests (owner_id, owner_name, account, machine_count, duration_minutes, state, created_at,"
                + " waits_until) select id, username, username, 1, 60, 'QUEUED', utc_timestamp(6),"
                + " utc_timestamp(6) + interval 1 hour from users, seq_1_to_3000 where username = 'alice';"
                + " analyze table requests");

        List<String> statements = statementsOf(() -> {
            dispatches.state();
            dispatches.endOverdue();
        });

        assertThat(statements).filteredOn(s -> s.contains(" from requests ")).hasSize(2);
        assertThat(statements.stream().flatMap(this::wholeTables)).isEmpty();
    }

    /** A plan that is not found again is also a leak: each call adds another one. */
    @Test
    void queryPlansAreCached() {
        Statistics plans = sessionFactory.getStatistics();
        plans.setStatisticsEnabled(true);
        Runnable work = () -> {
            pool.list(MachineQuery.ALL, 0, 20);
            pool.forEachSummary(MachineQuery.ALL, machine -> {
            });
            live.list(Wanted.ALL, 0, 20);
            sessions.status("alice", List.of("token", "session"));
            QuarkusTransaction.requiringNew().run(clock::now);
        };
        work.run();
        long planned = plans.getQueryPlanCacheMissCount();

        work.run();

        assertThat(plans.getQueryPlanCacheHitCount()).isPositive();
        assertThat(plans.getQueryPlanCacheMissCount()).isEqualTo(planned);
        plans.setStatisticsEnabled(false);
    }

    @Test
    void readingAWholeTableIsDetected() {
        assertThat(wholeTables("select count(*) from reservations where owner_name = 'alice'")).isNotEmpty();
        assertThat(wholeTables("select id from audit_entries where detail = 'x' order by id desc limit 1"))
                .isNotEmpty();
        assertThat(wholeTables("select id from reservations order by id limit 100")).isEmpty();
        assertThat(wholeTables("select id from reservations where owner_name = 'x' order by id limit 1")).isNotEmpty();
        assertThat(wholeTables("select owner_name from reservations where id > 0")).isNotEmpty();
        assertThat(wholeTables("update users set is_admin = 0 where password_hash = 'x'")).isNotEmpty();
    }

    private static AuditFilter who(String actor, String address, String target) {
        return new AuditFilter(Optional.ofNullable(actor), Optional.ofNullable(address), Optional.empty(),
                Optional.ofNullable(target), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static AuditFilter what(AuditAction action, AuditOutcome outcome) {
        return new AuditFilter(Optional.empty(), Optional.empty(), Optional.ofNullable(action), Optional.empty(),
                Optional.ofNullable(outcome), Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static AuditFilter time(Instant since, Instant until, Long before) {
        return new AuditFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(),
                Optional.empty(), Optional.ofNullable(since), Optional.ofNullable(until), Optional.ofNullable(before));
    }

    /** The statements of the work that read or change tables, with all values. */
    private List<String> statementsOf(Runnable work) {
        return heard(work).stream().filter(line -> line.matches("(?i)(select|update|delete) .* (from|set) .*"))
                .distinct().toList();
    }

    /** All statements of the work. */
    private List<String> heard(Runnable work) {
        database.query("set global log_output = 'TABLE'; set global general_log = 1; truncate mysql.general_log");
        work.run();
        database.query("set global general_log = 0");
        return database.query("select replace(convert(argument using utf8mb4), '\\n', ' ') from mysql.general_log"
                + " where command_type in ('Query', 'Execute')").lines().map(String::strip)
                .filter(line -> !line.contains("general_log")).toList();
    }

    /** The steps that read most of a large table: executed for queries, planned for changes. */
    private Stream<String> wholeTables(String statement) {
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

    private static MachineQuery selected(Selector selector) {
        return new MachineQuery(selector, MachineAccess.ALL);
    }
}
