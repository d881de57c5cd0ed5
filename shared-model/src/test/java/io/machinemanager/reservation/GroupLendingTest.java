package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.LimitReachedException;
import io.machinemanager.error.NotEnoughAvailableException;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.group.GroupChange;
import io.machinemanager.group.GroupService;
import io.machinemanager.group.MachineAccessCache;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.pool.MachineService;
import io.machinemanager.testing.FakeMachines;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;

/** What a user's groups allow, and which machines they open. */
@QuarkusTest
@TestProfile(GroupLendingTest.OneForAnHour.class)
@WithTestResource(MariaDbResource.class)
class GroupLendingTest {

    /** A user without a group may have one machine, for an hour. */
    public static class OneForAnHour implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("RESERVATION_MAX_MACHINES", "1", "RESERVATION_MAX_MINUTES", "60");
        }
    }

    @Inject
    ReservationService reservations;

    @Inject
    ReplacementService replacements;

    @Inject
    AllowanceService allowances;

    @Inject
    LiveReservations live;

    @Inject
    GroupService groups;

    @Inject
    MachineAccessCache access;

    @Inject
    MachineService machineService;

    @Inject
    FakeMachines machines;

    @Inject
    ReservationFixture fixture;

    private Requester alice;
    private Requester bob;

    @BeforeEach
    void fourMachines() {
        fixture.clear();
        machines.reset();
        alice = fixture.user("alice");
        bob = fixture.user("bob");
        fixture.machines("m1", "m2", "m3", "m4");
        groups.create("students", new GroupChange(2, 600, null, null, null));
        groups.create("staff", new GroupChange(3, 30, null, null, null));
    }

    private Lease reserve(Requester requester, int count, int minutes) {
        return reservations.reserve(new ReservationSpec(requester, count, minutes, requester.name(), "secret word"));
    }

    private void giveTo(String machine, String... names) {
        machineService.change(machine,
                new MachineChange(null, null, null, null, null, null, null, List.of(names), null));
    }

    private static List<String> names(Lease lease) {
        return lease.machines().stream().map(Lease.LentMachine::name).toList();
    }

    @Test
    void aUserHasTheBestOfTheGroups() {
        groups.addMember("students", "alice");
        assertThatThrownBy(() -> reserve(alice, 3, 30)).isInstanceOf(LimitReachedException.class)
                .hasMessage("The group students allows 2 machines at once; you have 0 and ask for 3 more.");

        groups.addMember("staff", "alice");

        assertThat(reserve(alice, 2, 600).machines()).hasSize(2);
        assertThatThrownBy(() -> reserve(alice, 2, 600)).isInstanceOf(LimitReachedException.class)
                .hasMessage("The group staff allows 3 machines at once; you have 2 and ask for 2 more.");
        assertThat(reserve(alice, 1, 600).machines()).hasSize(1);
        assertThatThrownBy(() -> reserve(bob, 2, 60)).hasMessageContaining("RESERVATION_MAX_MACHINES");
    }

    @Test
    void aGroupMayAllowLongerReservationsAndExtensions() {
        groups.addMember("students", "alice");
        long id = reserve(alice, 1, 599).machines().getFirst().reservationId();

        assertThat(reservations.extend(id, new NewEnd.After(600)).durationMinutes).isEqualTo(600);
        assertThatThrownBy(() -> reservations.extend(id, new NewEnd.After(601)))
                .isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> reserve(alice, 1, 601)).isInstanceOf(InvalidRequestException.class)
                .hasMessage("The duration must be 1 to 600 minutes, as the group students allows.");
        assertThatThrownBy(() -> reserve(bob, 1, 61)).isInstanceOf(InvalidRequestException.class)
                .hasMessage("The duration must be 1 to 60 minutes.");
    }

    @Test
    void withoutAnyLimitTheDurationIsOnlyThatOfANumber() {
        groups.create("free", new GroupChange(0, 0, 0, null, null));
        groups.addMember("free", "alice");

        long id = reserve(alice, 4, Integer.MAX_VALUE).machines().getFirst().reservationId();

        assertThat(reservations.extend(id, new NewEnd.After(5, true)).durationMinutes).isEqualTo(5);
        assertThat(reservations.extend(id, new NewEnd.After(Integer.MAX_VALUE)).durationMinutes)
                .isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void concurrentRequestsDoNotExceedTheLimitOfAGroup() throws Exception {
        groups.addMember("students", "alice");
        List<Callable<Boolean>> requests = Stream.<Callable<Boolean>>generate(() -> this::isGrantedOne).limit(8)
                .toList();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(executor.invokeAll(requests).stream().map(Future::resultNow)).filteredOn(granted -> granted)
                    .hasSize(2);
        }
        assertThat(fixture.states()).hasSize(2);
    }

    private boolean isGrantedOne() {
        try {
            return reserve(alice, 1, 10).machines().size() == 1;
        } catch (LimitReachedException e) {
            return false;
        }
    }

    @Test
    void whoLeavesAGroupKeepsTheMachinesAndGetsNoMore() {
        groups.addMember("students", "alice");
        giveTo("m1", "students");
        Lease lease = reserve(alice, 2, 600);
        assertThat(names(lease)).containsExactly("m1", "m2");

        groups.removeMember("students", "alice");

        assertThat(fixture.states()).containsExactly("m1 ACTIVE", "m2 ACTIVE");
        assertThatThrownBy(() -> reserve(alice, 1, 10)).isInstanceOf(LimitReachedException.class)
                .hasMessageContaining("You may have 1 machine at once");
        Allowance allowance = allowances.of(alice.userId());
        assertThat(allowance.machines()).isEqualTo(2);
        assertThat(allowance.limits().maxMachines()).isEqualTo(1);
        assertThat(allowance.queued()).isZero();
    }

    @Test
    void aMachineForAGroupIsLentToItsMembersOnly() {
        giveTo("m1", "students");
        giveTo("m2", "staff");
        groups.addMember("students", "alice");

        assertThat(names(reserve(bob, 1, 10))).containsExactly("m3");
        assertThat(names(reserve(alice, 2, 10))).containsExactly("m1", "m4");
        groups.create("more", new GroupChange(0, null, null, null, null));
        groups.addMember("more", "bob");
        assertThatThrownBy(() -> reserve(bob, 1, 10)).isInstanceOf(NotEnoughAvailableException.class)
                .hasMessage("1 machine is wanted and 0 free.");
        groups.addMember("staff", "bob");
        assertThat(names(reserve(bob, 1, 10))).containsExactly("m2");
    }

    @Test
    void aMachineThatFailsIsReplacedByOneThatTheUserMayReserve() {
        giveTo("m1", "students");
        giveTo("m3", "students");
        giveTo("m4", "students");
        machines.fail("m2", Outcome.UNREACHABLE, "connection refused");
        assertThatThrownBy(() -> reserve(bob, 1, 10)).isInstanceOf(ProvisioningFailedException.class);

        giveTo("m4");

        fixture.change("m2", machine -> machine.clearFailures());
        assertThat(names(reserve(bob, 1, 10))).containsExactly("m4");
    }

    @Test
    void aLentMachineThatDiesIsReplacedByOneThatTheUserMayReserve() {
        giveTo("m2", "students");
        giveTo("m3", "students");
        long id = reserve(bob, 1, 10).machines().getFirst().reservationId();

        replacements.replace(id);

        assertThat(fixture.states()).contains("m4 ACTIVE").noneMatch(state -> state.matches("m[23] .*"));
    }

    @Test
    void theListLeavesOutWhatOthersHaveOnMachinesThatTheCallerMayNotSee() {
        giveTo("m1", "students");
        groups.addMember("students", "alice");
        reserve(alice, 1, 10);
        reserve(bob, 1, 10);

        assertThat(listed(alice)).containsExactly("m1", "m2");
        assertThat(listed(bob)).containsExactly("m2");
        groups.removeMember("students", "alice");
        assertThat(listed(alice)).as("the caller's own stays").containsExactly("m1", "m2");
        assertThat(live.count(LiveReservations.Wanted.seenBy(bob.userId(), access.load(bob.userId())))).isEqualTo(1);
    }

    private List<String> listed(Requester caller) {
        return live.list(LiveReservations.Wanted.seenBy(caller.userId(), access.load(caller.userId())), 0, 10).rows()
                .stream().map(LiveReservation::machine).toList();
    }
}
