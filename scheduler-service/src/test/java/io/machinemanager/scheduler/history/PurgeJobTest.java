package io.machinemanager.scheduler.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.audit.AuditService;
import io.machinemanager.auth.ApiKeyService;
import io.machinemanager.auth.LoginService;
import io.machinemanager.auth.SessionService;
import io.machinemanager.reservation.HistoryService;
import io.machinemanager.reservation.ReservationService;
import io.machinemanager.scheduler.SchedulerFixture;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class PurgeJobTest {

    /** Thirty days. */
    private record Settings(int retentionDays, Duration purgeInterval) implements HistoryConfig {

        private Settings() {
            this(30, Duration.ofHours(1));
        }
    }

    @Inject
    HistoryService history;

    @Inject
    AuditService audit;

    @Inject
    LoginService logins;

    @Inject
    SessionService sessions;

    @Inject
    ApiKeyService keys;

    @Inject
    ReservationService reservations;

    @Inject
    SchedulerFixture scene;

    MariaDb database;

    private PurgeJob job;

    @BeforeEach
    void twoEndedReservations() {
        scene.clear();
        scene.lendMachines(3);
        scene.expire("m1", "m2");
        Scheduled.cleanUp(reservations, 10);
        job = new PurgeJob(history, audit, logins, sessions, keys, new Settings(), () -> 30);
    }

    private void age(String machine, String interval) {
        scene.sql(
                "update reservations r join requests q on q.id = r.request_id set q.ended_at = utc_timestamp(6) - interval "
                        + interval
                        + ", q.created_at = '2001-01-01' where machine_name = '" + machine
                        + "' and r.state = 'RELEASED'");
    }

    @Test
    void onlyWhatEndedLongAgoIsForgottenWithItsEvents() {
        age("m1", "30 day + interval 1 minute");
        age("m2", "31 day");
        scene.sql("update reservations set created_at = '2001-01-01' where machine_name = 'm3'");

        job.run();

        assertThat(scene.column("select machine_name from reservations order by 1")).containsExactly("m1", "m3");
        assertThat(scene.column("select distinct machine_name from reservation_events e"
                + " left join reservations r on r.id = e.reservation_id where e.reservation_id is not null order by 1"))
                .containsExactly("m1", "m3");
    }

    @Test
    void moreThanABatchGoesInOneRun() {
        age("m2", "31 day");
        scene.sql(
                "insert into requests (owner_name, account, machine_count, duration_minutes, state, created_at, ended_at)"
                        + " select owner_name, 'old', 1, 1, 'ENDED', created_at, ended_at from requests, seq_1_to_"
                        + PurgeJob.BATCH
                        + " where ended_at < utc_timestamp(6) - interval 30 day");

        job.run();

        assertThat(scene.column("select count(*) from requests where account = 'old'")).containsExactly("0");
        assertThat(scene.column("select count(*) from reservations where machine_name = 'm2'")).containsExactly("0");
    }

    @Test
    void aRunThatMeetsTheEndOfTheProcessLeavesTheRestToTheNext() {
        age("m2", "31 day");
        job.startNoMore(new ShutdownEvent());

        job.run();

        assertThat(scene.column("select count(*) from reservations where machine_name = 'm2'")).containsExactly("1");
    }

    @Test
    void answersKeptForRepetitionsAreForgottenAfterADay() {
        scene.sql(
                "insert into requests (owner_id, owner_name, account, machine_count, duration_minutes, state, created_at,"
                        + " ended_at, idempotency_key, sealed_spec, sealed_answer) select id, 'alice', 'alice', 1, 1, 'ENDED',"
                        + " utc_timestamp(6) - interval age hour, utc_timestamp(6), concat('of ', age, ' hours'), '', '' from users"
                        + " join (select 23 as age union select 25) as ages");

        job.run();

        assertThat(scene.column("select idempotency_key from requests where idempotency_key is not null"))
                .containsExactly("of 23 hours");
        assertThat(scene.column("select count(*) from requests where sealed_answer is not null")).containsExactly("1");
    }

    @Test
    void aRunThatMeetsNoDatabaseDoesNotEndTheJob() {
        age("m2", "31 day");
        database.stop();
        job.run();
        database.resume();

        job.run();

        assertThat(scene.column("select count(*) from reservations where machine_name = 'm2'")).containsExactly("0");
    }
}
