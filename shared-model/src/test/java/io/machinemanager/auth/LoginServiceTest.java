package io.machinemanager.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.DomainException;
import io.machinemanager.error.ForbiddenException;
import io.machinemanager.error.InvalidGrantException;
import io.machinemanager.error.TooManyRequestsException;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.NewUser;
import io.machinemanager.user.UserService;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class LoginServiceTest {

    private static final String PASSWORD = "the right one";
    private static final int MAX = 10;

    @Inject
    LoginService logins;

    @Inject
    LoginThrottle throttle;

    @Inject
    UserService users;

    @Inject
    RetryingTransactions transactions;

    @Inject
    DatabaseClock clock;

    @Inject
    LoginConfig config;

    @Inject
    AuditLog audit;

    MariaDb database;

    private String alice;

    @BeforeEach
    void setUp() {
        database.query("delete from machine_manager.login_counters");
        alice = newUser();
    }

    private String newUser() {
        String name = "u-" + UUID.randomUUID();
        users.create(new NewUser(name, PASSWORD, false));
        return name;
    }

    private static LoginAttempt at(String user, String address) {
        return new LoginAttempt(user, Optional.of(address));
    }

    private boolean works(String user, String address) {
        try {
            return logins.logIn(at(user, address), PASSWORD).username().equals(user);
        } catch (TooManyRequestsException e) {
            return false;
        }
    }

    private void fail(int times, String user, String address) {
        for (int i = 0; i < times; i++) {
            throttle.attempt(at(user, address), AuditAction.LOGGED_IN, Optional::empty);
        }
    }

    @Test
    void tooManyWrongPasswordsOfAUserFromAnAddressLockTheUserOutThere() {
        fail(MAX - 1, alice, "192.0.2.1");
        assertThatThrownBy(() -> logins.logIn(at(alice, "192.0.2.1"), "wrong"))
                .isInstanceOf(InvalidGrantException.class);

        TooManyRequestsException locked = catchThrowableOfType(TooManyRequestsException.class,
                () -> logins.logIn(at(alice, "192.0.2.1"), PASSWORD));

        assertThat(locked.retryAfter().toSeconds()).isBetween(1L, 301L);
        assertThat(works(alice, "192.0.2.2")).isTrue();
        assertThat(works(newUser(), "192.0.2.1")).isTrue();
    }

    @Test
    void theLockEndsByItselfAndTriesDuringItDoNotProlongIt() {
        fail(MAX, alice, "192.0.2.1");
        String end = database.query("select max(expires_at) from machine_manager.login_counters where failures = 10");
        assertThat(works(alice, "192.0.2.1")).isFalse();
        assertThat(database.query("select max(expires_at) from machine_manager.login_counters where failures = 10"))
                .isEqualTo(end);

        database.query("update machine_manager.login_counters set expires_at = utc_timestamp(6)");

        assertThat(works(alice, "192.0.2.1")).isTrue();
    }

    @Test
    void failuresFarApartDoNotAddUp() {
        fail(1, alice, "192.0.2.1");
        String end = ends();
        fail(MAX - 2, alice, "192.0.2.1");
        assertThat(ends()).isEqualTo(end);

        // as much later as all of them are forgotten
        database.query("update machine_manager.login_counters set expires_at = utc_timestamp(6)");
        fail(MAX - 1, alice, "192.0.2.1");

        assertThat(works(alice, "192.0.2.1")).isTrue();
    }

    @Test
    void theLockIsOfFullLengthHoweverLongAgoTheFirstFailureWas() {
        fail(MAX - 1, alice, "192.0.2.1");
        database.query("update machine_manager.login_counters set expires_at = utc_timestamp(6) + interval 30 second");
        fail(1, alice, "192.0.2.1");

        TooManyRequestsException locked = catchThrowableOfType(TooManyRequestsException.class,
                () -> logins.logIn(at(alice, "192.0.2.1"), PASSWORD));

        assertThat(locked.retryAfter().toSeconds()).isBetween(250L, 301L);
    }

    private String ends() {
        return database.query("select id, expires_at from machine_manager.login_counters order by id");
    }

    @Test
    void allReplicasCountTogether() {
        LoginThrottle other = new LoginThrottle(transactions, clock, config, audit);
        fail(MAX - 1, alice, "192.0.2.1");
        other.attempt(at(alice, "192.0.2.1"), AuditAction.LOGGED_IN, Optional::empty);

        assertThat(works(alice, "192.0.2.1")).isFalse();
        assertThatThrownBy(() -> other.attempt(at(alice, "192.0.2.1"), AuditAction.LOGGED_IN, Optional::empty))
                .isInstanceOf(TooManyRequestsException.class);
    }

    @Test
    void aRightPasswordClearsTheFailuresBeforeIt() {
        fail(MAX - 1, alice, "192.0.2.1");
        assertThat(works(alice, "192.0.2.1")).isTrue();
        fail(MAX - 1, alice, "192.0.2.1");
        assertThat(works(alice, "192.0.2.1")).isTrue();
    }

    @Test
    void oneClientCannotLockAUserOutElsewhereHoweverOftenItTries() {
        for (int i = 0; i < 20 * MAX; i++) {
            try {
                fail(1, alice, "192.0.2.1");
            } catch (TooManyRequestsException e) {
                assertThat(i).isGreaterThanOrEqualTo(MAX);
            }
        }

        assertThat(works(alice, "198.51.100.1")).isTrue();
    }

    @Test
    void manyClientsLockAUserOutExceptWhereItLoggedInBefore() {
        assertThat(works(alice, "198.51.100.1")).isTrue();
        for (int i = 1; i <= LoginAttempt.WIDE_FACTOR; i++) {
            fail(MAX, alice, "192.0.2." + i);
        }

        assertThat(works(alice, "198.51.100.2")).isFalse();
        assertThat(works(alice, "198.51.100.1")).isTrue();
    }

    @Test
    void anAddressThatTriesManyUsersIsLockedExceptForThoseWhoLoggedInThereBefore() {
        assertThat(works(alice, "192.0.2.1")).isTrue();
        for (int i = 0; i < LoginAttempt.WIDE_FACTOR * MAX; i++) {
            fail(1, "somebody-" + i, "192.0.2.1");
        }

        assertThat(works(newUser(), "192.0.2.1")).isFalse();
        assertThat(works(alice, "192.0.2.1")).isTrue();
    }

    @Test
    void addressesOfOneIpv6NetworkCountAsOne() {
        fail(MAX, alice, "2001:db8:1:2::1");

        assertThat(works(alice, "2001:db8:1:ffff::2")).isFalse();
        assertThat(works(alice, "2001:db8:2:2::1")).isTrue();
    }

    @Test
    void anUnknownNameIsLockedLikeAnyOtherAndIsNotStored() {
        fail(MAX, "my-password", "192.0.2.1");

        DomainException unknown = catchThrowableOfType(DomainException.class,
                () -> logins.logIn(at("my-password", "192.0.2.1"), PASSWORD));
        fail(MAX, alice, "192.0.2.1");
        DomainException known = catchThrowableOfType(DomainException.class,
                () -> logins.logIn(at(alice, "192.0.2.1"), PASSWORD));

        assertThat(unknown).isInstanceOf(TooManyRequestsException.class).hasMessage(known.getMessage());
        assertThat(database.query("select * from machine_manager.login_counters")).doesNotContain("my-password");
        assertThat(database.query("select * from machine_manager.audit_entries")).doesNotContain("my-password");
    }

    @Test
    void aLockedOutClientCostsNoHash() {
        fail(MAX, alice, "192.0.2.1");
        AtomicInteger hashes = new AtomicInteger();

        assertThatThrownBy(() -> throttle.attempt(at(alice, "192.0.2.1"), AuditAction.LOGGED_IN,
                () -> Optional.of(hashes.incrementAndGet()))).isInstanceOf(TooManyRequestsException.class);

        assertThat(hashes).hasValue(0);
    }

    @Test
    void parallelGuessesGetNoFurtherThanSequentialOnes() {
        AtomicInteger tried = new AtomicInteger();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 10 * MAX; i++) {
                clients.submit(() -> throttle.attempt(at(alice, "192.0.2.1"), AuditAction.LOGGED_IN, () -> {
                    tried.incrementAndGet();
                    return Optional.empty();
                }));
            }
        }

        int atOnce = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        assertThat(tried.get()).isBetween(MAX, MAX + atOnce - 1);
    }

    @Test
    void aNetworkThatSendsTooManyAtOnceIsToldToComeBackAndOthersAreNot() throws InterruptedException {
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger refused = new AtomicInteger();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < LoginQueue.MAX_PER_NETWORK + 7; i++) {
                LoginAttempt attempt = at(alice, "2001:db8:1:" + i + "::1");
                clients.submit(() -> passOrCount(attempt, end, refused));
            }
            await().until(() -> refused.get() == 7);
            clients.submit(() -> passOrCount(at(alice, "2001:db8:2::1"), end, refused));
            end.countDown();
        }
        assertThat(refused).hasValue(7);
    }

    private void passOrCount(LoginAttempt attempt, CountDownLatch end, AtomicInteger refused) {
        try {
            throttle.attempt(attempt, AuditAction.LOGGED_IN, () -> {
                LoginQueueTest.hold(end);
                return Optional.of(attempt);
            });
        } catch (TooManyRequestsException e) {
            refused.incrementAndGet();
        }
    }

    @Test
    void guessingThePasswordWithAStolenTokenIsLimitedToo() {
        var standing = users.status(alice).orElseThrow();
        for (int i = 0; i < MAX; i++) {
            assertThatThrownBy(() -> logins.changePassword(standing, Optional.of("192.0.2.1"), "wrong", "new"))
                    .isInstanceOf(ForbiddenException.class);
        }

        assertThatThrownBy(() -> logins.changePassword(standing, Optional.of("192.0.2.1"), PASSWORD, "new"))
                .isInstanceOf(TooManyRequestsException.class);
        assertThat(works(alice, "192.0.2.2")).isTrue();
    }

    @Test
    void lockOutsAreAudited() {
        fail(MAX, alice, "192.0.2.1");

        assertThat(database.query(
                "select action, outcome, detail from machine_manager.audit_entries where target = '" + alice
                        + "' order by id desc limit 1"))
                .contains("LOCKED_OUT\tDONE\t10 wrong passwords, for 300 s");
    }

    @Test
    void expiredCountersAreDeleted() {
        fail(1, alice, "192.0.2.1");
        logins.purge();
        assertThat(database.query("select count(*) from machine_manager.login_counters").strip()).isEqualTo("3");

        database.query("update machine_manager.login_counters set expires_at = utc_timestamp(6)");
        logins.purge();
        assertThat(database.query("select count(*) from machine_manager.login_counters").strip()).isEqualTo("0");
    }
}
