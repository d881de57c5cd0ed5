package io.machinemanager.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;

import jakarta.inject.Inject;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEntry;
import io.machinemanager.error.ProvisioningFailedException;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.Scheduled;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** What happens to requests is audited, whatever component does it. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class RequestAuditTest extends QueueTestBase {

    private static final String QUEUED = "REQUEST_QUEUED .*";

    @Inject
    AccountPasswordService passwords;

    @BeforeEach
    void oneMachine() {
        fixture.machines("m1");
    }

    private long lend() {
        return lend(alice, 1, keptAlive(5));
    }

    private long queue(String... names) {
        return queue(alice, 1, waiting(60, names));
    }

    /** The entries of a request in their order, as {@code action detail}. */
    private List<String> audited(long request) {
        return QuarkusTransaction.requiringNew().call(() -> AuditEntry
                .<AuditEntry>list("target = ?1 order by id", "request " + request).stream()
                .map(entry -> entry.action + " " + entry.detail).toList());
    }

    /** The request has just these entries, each of which matches its pattern. */
    private void assertAudited(long request, String... patterns) {
        List<String> entries = audited(request);
        assertThat(entries).hasSize(patterns.length);
        for (int i = 0; i < patterns.length; i++) {
            assertThat(entries.get(i)).matches(patterns[i]);
        }
    }

    @Test
    void aRequestThatIsTakenBackFromTheQueue() {
        lend();
        long id = queue();

        requests.cancel(id, "alice took it back.");

        assertAudited(id, QUEUED, "REQUEST_CANCELLED of alice: alice took it back\\.");
    }

    @Test
    void aNoteIsAuditedWithTheRequestAndWhenItChanges() {
        RequestOptions noted = new RequestOptions(null, List.of(), 60, null, "nightly build", null);
        ReservationSpec spec = new ReservationSpec(alice, 1, 60, "alice", "secret word").with(noted);
        reservations.reserve(spec, null);
        long id = ((Reserved.Accepted) reservations.reserve(spec, null)).requestId();

        requests.change(id, Optional.empty(), " ", seen -> {
        });

        assertThat(fixture.audited(AuditAction.RESERVED)).last().asString().endsWith("note: nightly build");
        assertAudited(id, QUEUED + ", note: nightly build", "REQUEST_CHANGED of alice: note: none");
    }

    @Test
    void aRequestThatWaitsTooLongAndOneThatNoMachineMatches() {
        lend();
        long tooLong = queue();
        endWaits();
        queue.endOverdue();
        long unmatched = queue("m1");
        fixture.change("m1", machine -> machine.enabled = false);
        queue.endUnmatched();

        assertAudited(tooLong, QUEUED, "REQUEST_LAPSED of alice: Too few machines were free .*");
        assertAudited(unmatched, QUEUED, "REQUEST_LAPSED of alice: Machines needed: 1; matching now: 0\\.");
    }

    @Test
    void aRequestWhoseOwnerIsDeleted() {
        lend();
        long id = queue();

        users.delete("alice");

        assertAudited(id, QUEUED, "REQUEST_CANCELLED of alice: Its owner was deleted\\.");
    }

    @Test
    void aRequestWhoseAccountsCannotBeMade() {
        machines.fail("m1", Action.CREATE, Outcome.FAILED, "no space left on device");

        assertThatThrownBy(() -> lend()).isInstanceOf(ProvisioningFailedException.class);

        assertAudited(fixture.requestOf("m1").id, "REQUEST_FAILED of alice: .*");
    }

    @Test
    void aNewPasswordAndARequestThatIsNotKeptAliveButNoKeepalive() {
        long id = lend();
        requests.keepAlive(id);
        assertThat(audited(id)).isEmpty();
        passwords.change(id, null);
        missKeepalive(id);

        Scheduled.cleanUp(reservations, 10);

        assertAudited(id, "REQUEST_PASSWORD_CHANGED of alice: on 1 machines",
                "REQUEST_LAPSED of alice: It was not kept alive\\.");
    }

    @Test
    void theAuditHasNoPassword() {
        lend();

        Reserved queued = reservations.reserve(
                new ReservationSpec(alice, 1, 60, "alice", "secret word").with(waiting(60)), null);

        assertThat(audited(((Reserved.Accepted) queued).requestId())).hasSize(1)
                .noneMatch(entry -> entry.contains("secret word"));
    }
}
