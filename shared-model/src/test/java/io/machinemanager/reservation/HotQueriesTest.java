package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import jakarta.inject.Inject;

import org.hibernate.SessionFactory;
import org.hibernate.stat.Statistics;
import org.junit.jupiter.api.Test;

import io.machinemanager.auth.SessionService;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.group.LimitsService;
import io.machinemanager.group.MachineAccess;
import io.machinemanager.pool.MachineQuery;
import io.machinemanager.pool.PoolService;
import io.machinemanager.probe.ProbeService;
import io.machinemanager.reservation.LiveReservations.Wanted;
import io.machinemanager.reservation.RequestService.Filter;
import io.machinemanager.reservation.plan.Plan;
import io.machinemanager.selector.Selector;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Frequent queries for machines and reservations do not read a large table as a whole. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class HotQueriesTest extends HotQueriesTestBase {

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
    RequestService requests;

    @Inject
    LimitsService limits;

    @Inject
    SessionService sessions;

    @Inject
    SessionFactory sessionFactory;

    @Inject
    DatabaseClock clock;

    /** Lets as many requests of alice wait; the selector is an SQL expression. */
    private void queueOfAlice(int requests, String selector) {
        sql(("insert into requests (owner_id, owner_name, account, machine_count, duration_minutes, state, created_at,"
                + " waits_until, selector) select id, username, username, 1, 60, 'QUEUED', utc_timestamp(6),"
                + " utc_timestamp(6) + interval 1 hour, %s from users, seq_1_to_%d where username = 'alice';"
                + " analyze table requests").formatted(selector, requests));
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
    void aRefusalDoesNotReadALongQueue() {
        sql(LENT.formatted(alice.userId(), "true"));
        queueOfAlice(3000, "null");

        List<String> statements = statementsOf(() -> assertThatThrownBy(
                () -> reservations.reserve(new ReservationSpec(alice, 2, 60, "alice", "secret word")))
                .isInstanceOf(NotEnoughAvailableException.class));

        assertThat(statements.stream().filter(s -> s.contains(" from requests ")).flatMap(this::wholeTables)).isEmpty();
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

    @Test
    void anAdmissionIsEightStatements() {
        NewRequest wanted = NewRequest.of(new ReservationSpec(alice, 1, 60, "alice", "secret word"), null, null);

        assertThat(heard(() -> admissions.admit(wanted)))
                .filteredOn(line -> line.matches("(?i)(select|insert|update|delete) .*")).hasSize(8);
    }

    @Test
    void whatIsAskedEachSecondDoesNotReadALongQueue() {
        queueOfAlice(3000, "null");

        List<String> statements = statementsOf(() -> {
            dispatches.state();
            dispatches.endOverdue();
        });

        assertThat(statements).filteredOn(s -> s.contains(" from requests ")).hasSize(2);
        assertThat(statements.stream().flatMap(this::wholeTables)).isEmpty();
    }

    @Test
    void requestsThatAreNotOverAreListedWithoutReadingTheOthers() {
        List<String> statements = statementsOf(() -> {
            requests.list(new Filter(null, null, null), 0, 20);
            for (RequestState state : RequestState.OPEN) {
                requests.list(new Filter(state, null, null), 0, 20);
                requests.count(new Filter(state, null, null));
                requests.list(new Filter(state, null, alice.userId()), 0, 20);
            }
        });

        assertThat(statements).hasSize(10);
        assertThat(statements.stream().flatMap(this::wholeTables)).isEmpty();
    }

    /** It reads all machines with their labels and groups, and only the live reservations and the requests that wait. */
    @Test
    void aPlanReadsNoHistory() {
        queueOfAlice(20, "'os=debian'");

        List<String> statements = statementsOf(() -> QuarkusTransaction.requiringNew()
                .run(() -> QueueSnapshot.read(clock.now(), limits).plan(Plan.NONE)));

        assertThat(statements).anyMatch(s -> s.contains(" from requests "));
        assertThat(statements.stream().filter(s -> !s.matches(".* from machine(_label|_group|)s .*"))
                .flatMap(this::wholeTables)).isEmpty();
        assertThat(statements.stream().filter(s -> s.contains(" from machines ")).flatMap(this::wholeTables))
                .isNotEmpty().allMatch(step -> step.contains("\tm1_0\t"));
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

    private static MachineQuery selected(Selector selector) {
        return new MachineQuery(selector, MachineAccess.ALL);
    }
}
