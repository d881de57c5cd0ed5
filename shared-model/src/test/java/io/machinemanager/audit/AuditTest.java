package io.machinemanager.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.testing.LogLines;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class AuditTest {

    private static final String TABLE = "machine_manager.audit_entries";

    @Inject
    AuditLog audit;

    @Inject
    AuditService service;

    @Inject
    RetryingTransactions transactions;

    MariaDb database;

    private final String target = "m-" + UUID.randomUUID();

    private List<AuditEntry> entries() {
        return service.find(filter(Optional.empty(), Optional.empty()), 0, 10);
    }

    private AuditFilter filter(Optional<AuditAction> action, Optional<Instant> since) {
        return new AuditFilter(Optional.empty(), Optional.empty(), action, Optional.of(target), Optional.empty(), since,
                Optional.empty(), Optional.empty());
    }

    @Test
    void anEntryIsStoredWithTheTransactionOfItsAction() {
        assertThatThrownBy(() -> transactions.run(() -> {
            audit.record(AuditEvent.of(AuditAction.MACHINE_CHANGED, target));
            throw new IllegalArgumentException("no");
        })).isInstanceOf(IllegalArgumentException.class);
        assertThat(entries()).isEmpty();

        transactions
                .run(() -> audit.record(AuditEvent.of(AuditAction.MACHINE_CHANGED, target).by("alice").detail("x")));

        assertThat(entries()).singleElement().satisfies(entry -> {
            assertThat(entry.actor).isEqualTo("alice");
            assertThat(entry.outcome).isEqualTo(AuditOutcome.DONE);
            assertThat(entry.happenedAt).isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
        });
    }

    @Test
    void noEntryIsWrittenOutsideATransaction() {
        assertThatThrownBy(() -> audit.record(AuditEvent.of(AuditAction.MACHINE_CHANGED, target)))
                .hasMessageContaining("Transaction is required");
    }

    @Test
    void theDatabaseItselfRefusesToChangeOrForgetAnEntry() {
        service.record(AuditEvent.of(AuditAction.MACHINE_CHANGED, target));

        assertThatThrownBy(
                () -> database.query("update %s set actor = 'x' where target = '%s'".formatted(TABLE, target)))
                .hasMessageContaining("never changed");
        assertThatThrownBy(() -> database.query("delete from %s where target = '%s'".formatted(TABLE, target)))
                .hasMessageContaining("kept for at least a day");
        assertThat(entries()).hasSize(1);
    }

    @Test
    void onlyOldEntriesAreDeleted() {
        service.record(AuditEvent.of(AuditAction.MACHINE_CHANGED, target));
        database.query(("insert into %s (happened_at, action, target, outcome) values"
                + " (utc_timestamp(6) - interval 100 day, 'MACHINE_REGISTERED', '%s', 'DONE')")
                .formatted(TABLE, target));
        assertThat(entries()).hasSize(2);

        assertThat(service.purge(Duration.ofDays(101), 100)).isZero();
        assertThat(service.purge(Duration.ofDays(99), 100)).isOne();

        assertThat(entries()).singleElement().satisfies(
                entry -> assertThat(entry.action).isEqualTo(AuditAction.MACHINE_CHANGED));
    }

    @Test
    void entriesAreFoundByTheFilter() {
        service.record(AuditEvent.of(AuditAction.MACHINE_REGISTERED, target));
        service.record(AuditEvent.of(AuditAction.MACHINE_CHANGED, target));

        assertThat(entries()).extracting(entry -> entry.action).containsExactly(AuditAction.MACHINE_CHANGED,
                AuditAction.MACHINE_REGISTERED);
        assertThat(service.find(filter(Optional.of(AuditAction.MACHINE_REGISTERED), Optional.empty()), 0, 10))
                .hasSize(1);
        assertThat(service.find(filter(Optional.empty(), Optional.of(Instant.now().plusSeconds(600))), 0, 10))
                .isEmpty();
        assertThat(service.find(filter(Optional.empty(), Optional.empty()), 1, 1)).singleElement().satisfies(
                entry -> assertThat(entry.action).isEqualTo(AuditAction.MACHINE_REGISTERED));
    }

    @Test
    void anEntryIsALineOfTheLogOnceItIsCommitted() {
        try (LogLines lines = LogLines.of(AuditLog.class)) {
            transactions.run(() -> {
                audit.record(AuditEvent.of(AuditAction.MACHINE_CHANGED, target).detail("a\nline \"forged\""));
                assertThat(lines.all()).isEmpty();
            });
            assertThat(lines.all()).containsExactly("audit action=machine_changed outcome=done target=" + target
                    + " detail=\"a\\u000aline \\\"forged\\\"\"");
        }
    }
}
