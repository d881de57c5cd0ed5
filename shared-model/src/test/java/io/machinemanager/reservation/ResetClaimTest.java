package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.TestPlaybook;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

/** Several workers reset machines, and any of them may die or be late. */
@QuarkusTest
@TestProfile(ResetTestBase.WithReset.class)
@WithTestResource(MariaDbResource.class)
class ResetClaimTest extends ResetTestBase {

    @Test
    void anotherWorkerTakesTheResetOfADeadOneOver() {
        TestPlaybook.hold();
        lendAndRelease();
        CompletableFuture<Void> dead = resets.startDue(10).getFirst();
        await().until(() -> TestPlaybook.runs().size() == 1);
        assertThat(resets.startDue(10)).as("taken from a worker that is alive").isEmpty();

        TestPlaybook.succeed();
        fixture.endClaims();
        runDue();

        assertThat(fixture.states()).containsExactly("m1 RELEASED");
        assertThat(fixture.history("m1")).endsWith("VERIFIED_GONE", "RESET_TAKEN_OVER", "RESET_DONE");
        // the first worker finds its claim lost and ends its run, which waits for ever
        dead.orTimeout(9, TimeUnit.SECONDS).join();
        assertThat(fixture.history("m1")).as("written by the worker that lost its claim").endsWith("RESET_DONE");
    }

    @Test
    void aWorkerThatLostItsClaimWritesNoSuccess() {
        TestPlaybook.hold();
        lendAndRelease();
        CompletableFuture<Void> late = resets.startDue(10).getFirst();
        await().until(() -> TestPlaybook.runs().size() == 1);
        fixture.change("m1", machine -> Reservation.update("claimedBy = 'another' where state = RESETTING"));

        TestPlaybook.letGo();
        late.join();

        assertThat(fixture.states()).containsExactly("m1 RESETTING");
        assertThat(fixture.history("m1")).endsWith("VERIFIED_GONE");
    }

    @Test
    void aClaimIsRenewedWhileTheResetLasts() {
        TestPlaybook.hold();
        lendAndRelease();
        CompletableFuture<Void> slow = resets.startDue(10).getFirst();
        await().until(() -> TestPlaybook.runs().size() == 1);

        // longer than a claim
        await().during(Duration.ofSeconds(5)).atMost(Duration.ofSeconds(8)).until(() -> resets.startDue(10).isEmpty());

        TestPlaybook.letGo();
        slow.join();
        assertThat(fixture.states()).containsExactly("m1 RELEASED");
    }
}
