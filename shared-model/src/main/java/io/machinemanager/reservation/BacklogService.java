package io.machinemanager.reservation;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;

import io.machinemanager.account.AccountResult.Outcome;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.quarkus.runtime.annotations.RegisterForReflection;

/** Counts live reservations and pending removals. */
@ApplicationScoped
public class BacklogService {

    private final EntityManager entityManager;
    private final RetryingTransactions transactions;
    private final DatabaseClock clock;

    BacklogService(EntityManager entityManager, RetryingTransactions transactions, DatabaseClock clock) {
        this.entityManager = entityManager;
        this.transactions = transactions;
        this.clock = clock;
    }

    /** Counts all live reservations. */
    public Backlog read() {
        return transactions.call(() -> {
            List<Row> rows = entityManager
                    .createQuery("select state, count(*), min(dueAt) from Reservation"
                            + " where liveMachineId is not null group by state", Row.class)
                    .getResultList();
            Map<ReservationState, Long> live = new EnumMap<>(ReservationState.class);
            rows.forEach(row -> live.put(row.state(), row.count()));
            Instant now = clock.now();
            Duration overdue = rows.stream().map(Row::firstDue).filter(Objects::nonNull).min(Instant::compareTo)
                    .map(due -> Duration.between(due, now)).filter(Duration::isPositive).orElse(Duration.ZERO);
            return new Backlog(live, overdue, byLastOutcome(ReservationState.RELEASING),
                    byLastOutcome(ReservationState.RESETTING));
        });
    }

    private Map<Outcome, Long> byLastOutcome(ReservationState state) {
        Map<Outcome, Long> counts = new EnumMap<>(Outcome.class);
        entityManager
                .createQuery(
                        "select coalesce(lastOutcome, io.machinemanager.account.AccountResult$Outcome.DONE), count(*) from Reservation"
                                + " where liveMachineId is not null and state = :state group by lastOutcome",
                        Failures.class)
                .setParameter("state", state).getResultList()
                .forEach(failures -> counts.put(failures.last(), failures.count()));
        return counts;
    }

    /**
     * The live reservations at one moment.
     *
     * @param live how many there are, by state; states without any are omitted
     * @param overdue how long the oldest due reservation has waited; zero when none is due
     * @param notClean how many are being released, by the last failure; under {@code DONE} where none failed
     * @param resetting how many machines are being reset, in the same way
     */
    public record Backlog(Map<ReservationState, Long> live, Duration overdue, Map<Outcome, Long> notClean,
            Map<Outcome, Long> resetting) {
    }

    @RegisterForReflection // created by a query
    record Failures(Outcome last, long count) {
    }

    /** @param firstDue null while the accounts are made */
    @RegisterForReflection // created by a query
    record Row(ReservationState state, long count, Instant firstDue) {
    }
}
