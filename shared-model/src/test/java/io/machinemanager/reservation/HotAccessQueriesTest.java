package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import jakarta.inject.Inject;

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
import io.machinemanager.error.InvalidGrantException;
import io.machinemanager.group.MachineAccess;
import io.machinemanager.group.MachineAccessCache;
import io.machinemanager.pool.MachineQuery;
import io.machinemanager.pool.PoolService;
import io.machinemanager.reservation.LiveReservations.Wanted;
import io.machinemanager.selector.Selector;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.UserStatus;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Queries for log-ins, sessions, the audit, and what a user may see do not read a large table as a whole. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class HotAccessQueriesTest extends HotQueriesTestBase {

    @Inject
    PoolService pool;

    @Inject
    LiveReservations live;

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
}
