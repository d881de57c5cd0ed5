package io.machinemanager.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineChange;
import io.machinemanager.pool.MachineQuery;
import io.machinemanager.pool.MachineService;
import io.machinemanager.pool.PoolService;
import io.machinemanager.reservation.UserDeletionService;
import io.machinemanager.selector.Selector;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class GroupServiceTest {

    private static final GroupChange NOTHING = new GroupChange(null, null, null, null, null);

    @Inject
    GroupService groups;

    @Inject
    LimitsService limits;

    @Inject
    MachineService machines;

    @Inject
    PoolService pool;

    @Inject
    UserDeletionService deletion;

    @Inject
    MachineAccessCache access;

    @Inject
    ReservationFixture fixture;

    private long alice;
    private long bob;

    @BeforeEach
    void twoUsersAndTwoMachines() {
        fixture.clear();
        alice = fixture.user("alice").userId();
        bob = fixture.user("bob").userId();
        fixture.machines("m1", "m2");
    }

    private void giveTo(String machine, String... names) {
        machines.change(machine, new MachineChange(null, null, null, null, null, null, null, List.of(names), null));
    }

    private List<String> seenBy(long user) {
        return pool.list(new MachineQuery(Selector.ALL, access.load(user)), 0, 10).rows().stream()
                .map(machine -> machine.name()).toList();
    }

    private static <T> T inTransaction(Callable<T> work) {
        return QuarkusTransaction.requiringNew().call(work);
    }

    @Test
    void aNewGroupAllowsWhatTheSettingsDoUnlessItSaysOtherwise() {
        UserGroup group = groups.create("students", new GroupChange(2, null, 0, 5, null)).group();

        assertThat(group.maxMachines).isEqualTo(2);
        assertThat(group.maxMinutes).isEqualTo(10_080);
        assertThat(group.maxQueued).isZero();
        assertThat(group.priority).isEqualTo(5);
        assertThat(group.mayBookDaysAhead).isZero();
        assertThat(fixture.audited(AuditAction.GROUP_CREATED))
                .endsWith("students DONE max_machines 2, max_queued 0, priority 5");
    }

    @Test
    void namesAndLimitsThatAreNotAllowedMakeNoGroup() {
        assertThatThrownBy(() -> groups.create("a b", NOTHING)).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> groups.create("a", new GroupChange(-1, null, null, null, null)))
                .hasMessage("max_machines must be at least 0; 0 means no limit.");
        assertThatThrownBy(() -> groups.create("a", new GroupChange(null, null, null, 101, null)))
                .hasMessage("priority must be 0 to 100.");
        assertThatThrownBy(() -> groups.create("a", new GroupChange(null, null, null, null, 367)))
                .hasMessage("may_book_days_ahead must be 0 to 366.");
        groups.create("a", NOTHING);
        assertThatThrownBy(() -> groups.create("a", NOTHING)).isInstanceOf(ConflictException.class);
        groups.create("A", NOTHING);
        assertThat(groups.list(0, 10)).extracting(group -> group.name).containsExactly("A", "a");
    }

    @Test
    void addingAMemberTwiceChangesNothingAndRemovingItTwiceIsAnError() {
        groups.create("students", NOTHING);

        groups.addMember("students", "alice");
        groups.addMember("students", "alice");

        assertThat(groups.get("students").members()).containsExactly("alice");
        groups.removeMember("students", "alice");
        assertThatThrownBy(() -> groups.removeMember("students", "alice")).isInstanceOf(NotFoundException.class)
                .hasMessage("alice is not in the group students.");
        assertThatThrownBy(() -> groups.addMember("students", "nobody")).isInstanceOf(NotFoundException.class)
                .hasMessageContaining("nobody");
        assertThatThrownBy(() -> groups.addMember("none", "alice")).isInstanceOf(NotFoundException.class)
                .hasMessageContaining("none");
    }

    @Test
    void ofManyThatAddTheSameMemberAtOnceAllSucceed() throws Exception {
        groups.create("students", NOTHING);
        Callable<Boolean> add = () -> {
            groups.addMember("students", "alice");
            return true;
        };
        try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
            for (Future<Boolean> added : executor.invokeAll(List.of(add, add, add, add))) {
                assertThat(added.get()).isTrue();
            }
        }
        assertThat(groups.get("students").members()).containsExactly("alice");
    }

    @Test
    void aMembershipGoesWithItsUserAndWithItsGroup() {
        groups.create("students", NOTHING);
        groups.create("staff", NOTHING);
        for (String group : List.of("students", "staff")) {
            groups.addMember(group, "alice");
            groups.addMember(group, "bob");
        }

        deletion.delete("alice");
        groups.delete("staff", seen -> {
        });

        assertThat(groups.get("students").members()).containsExactly("bob");
        assertThat(inTransaction(() -> limits.of(alice))).isEmpty();
        assertThat(inTransaction(() -> limits.of(bob)).orElseThrow().groups()).containsExactly("students");
    }

    @Test
    void theLimitsOfAllAreOneAnswer() {
        groups.create("students", new GroupChange(7, null, null, null, null));
        groups.addMember("students", "alice");

        Map<Long, UserLimits> found = inTransaction(() -> limits.of(List.of(alice, bob, -1L)));

        assertThat(found).containsOnlyKeys(alice, bob);
        assertThat(found.get(alice).machines()).isEqualTo(new Limit(7, "students"));
        assertThat(found.get(bob).machines()).isEqualTo(new Limit(0, null));
        assertThat(found.get(alice).priorityIn("students")).isZero();
        assertThatThrownBy(() -> found.get(bob).priorityIn("students"))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void aMachineIsSeenByTheMembersOfItsGroupsOnly() {
        groups.create("students", NOTHING);
        groups.create("staff", NOTHING);
        groups.addMember("staff", "bob");
        assertThat(access.load(alice)).isSameAs(MachineAccess.ALL);

        giveTo("m1", "students", "staff");

        assertThat(seenBy(alice)).containsExactly("m2");
        assertThat(seenBy(bob)).containsExactly("m1", "m2");
        assertThat(pool.count(new MachineQuery(Selector.ALL, access.load(alice)))).isEqualTo(1);
        assertThat(pool.list(new MachineQuery(Selector.ALL, access.load(alice)), 1, 10).rows()).isEmpty();
        assertThat(pool.onlyFor(bob, "m1").rows().getFirst().groups()).containsExactly("staff", "students");
        assertThatThrownBy(() -> pool.onlyFor(alice, "m1")).isInstanceOf(NotFoundException.class)
                .hasMessage(Machine.notFound("m1").getMessage());
        groups.addMember("students", "alice");
        assertThat(seenBy(alice)).containsExactly("m1", "m2");
        giveTo("m1");
        groups.removeMember("students", "alice");
        assertThat(seenBy(alice)).containsExactly("m1", "m2");
    }

    @Test
    void aChangeOfAnythingElseLeavesTheGroupsAsTheyAre() {
        groups.create("students", NOTHING);
        giveTo("m1", "students");

        machines.change("m1", new MachineChange(null, null, null, null, false, null, null));

        assertThat(pool.only("m1").rows().getFirst().groups()).containsExactly("students");
    }

    @Test
    void anUnknownGroupIsNamedAndNothingIsChanged() {
        groups.create("students", NOTHING);
        giveTo("m1", "students");

        assertThatThrownBy(() -> giveTo("m1", "students", "staf", "x")).isInstanceOf(InvalidRequestException.class)
                .hasMessage("There is no group named staf or x.");

        assertThat(groups.get("students").machines()).containsExactly("m1");
    }

    @Test
    void aGroupThatMachinesAreForIsNotDeleted() {
        groups.create("students", NOTHING);
        giveTo("m1", "students");
        giveTo("m2", "students");

        assertThatThrownBy(() -> groups.delete("students", seen -> {
        })).isInstanceOf(ConflictException.class).hasMessageContaining("m1, m2.").hasMessageContaining("for everyone");

        giveTo("m1");
        machines.delete("m2", false);
        groups.delete("students", seen -> {
        });
        assertThat(groups.count()).isZero();
    }

    /** Whichever comes first, a machine that was to be for the group alone is never for everyone. */
    @RepeatedTest(10)
    void aMachineThatGetsAGroupWhileItIsDeletedIsRefusedOrKeepsIt() throws Exception {
        groups.create("students", NOTHING);
        try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
            Future<?> given = executor.submit(() -> giveTo("m1", "students"));
            Future<?> deleted = executor.submit(() -> groups.delete("students", seen -> {
            }));
            while (!given.isDone() || !deleted.isDone()) {
                Thread.onSpinWait();
            }
            assertThat(List.of(given.state(), deleted.state()))
                    .containsExactlyInAnyOrder(Future.State.SUCCESS, Future.State.FAILED);
            assertThat((given.state() == Future.State.FAILED ? given : deleted).exceptionNow())
                    .isInstanceOfAny(InvalidRequestException.class, ConflictException.class);
        }
    }

    @Test
    void thePlannerLearnsTheGroupsOfManyAtOnce() {
        long students = groups.create("students", NOTHING).group().id;
        long staff = groups.create("staff", NOTHING).group().id;
        groups.addMember("students", "alice");
        groups.addMember("staff", "alice");
        giveTo("m2", "staff");
        long m1 = fixture.machine("m1").id;
        long m2 = fixture.machine("m2").id;

        assertThat(inTransaction(() -> GroupMember.groupsOf(List.of(alice, bob))))
                .isEqualTo(Map.of(alice, Set.of(students, staff)));
        assertThat(inTransaction(() -> MachineGroup.groupsOf(List.of(m1, m2)))).isEqualTo(Map.of(m2, Set.of(staff)));
        assertThat(inTransaction(() -> MachineGroup.groupsOf(List.of()))).isEmpty();
    }
}
