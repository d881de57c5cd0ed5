package io.machinemanager.reservation;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountEnd;
import io.machinemanager.account.AccountResult;

/** Replaces a lent machine that does not answer any more. Do not call it inside a transaction: it waits for machines. */
@ApplicationScoped
public class ReplacementService {

    private final ReplacementStore replacements;
    private final ReservationStore reservations;
    private final ReleaseStore releases;
    private final AccountWorker worker;

    ReplacementService(ReplacementStore replacements, ReservationStore reservations, ReleaseStore releases,
            AccountWorker worker) {
        this.replacements = replacements;
        this.reservations = reservations;
        this.releases = releases;
        this.worker = worker;
    }

    /** Makes the account on a free machine and moves the reservation there; does nothing when no machine is free. */
    public void replace(long reservationId) {
        UUID claim = UUID.randomUUID();
        replacements.claimReplacement(reservationId, claim).ifPresent(item -> {
            AccountResult result = worker.make(claim, List.of(item), failures(claim)).getFirst();
            // After the end it is not opened, and not activated.
            if (result.isDone() && worker.makesClosed() && !item.end().map(AccountEnd::isOver).orElse(false)) {
                result = worker.open(claim, List.of(item), failures(claim)).getFirst();
            }
            if (result.isDone() && replacements.activateReplacement(claim, item, reservationId)) {
                return;
            }
            if (result.isDone()) {
                worker.remove(claim, releases.claimForRelease(new ReservationSelector.One(item.reservationId()),
                        ReleaseCause.PROVISIONING_FAILED, claim, true));
            }
            replacements.giveUpReplacement(claim, reservationId);
        });
    }

    private BiConsumer<WorkItem, AccountResult> failures(UUID claim) {
        return (item, result) -> {
            if (!result.isDone()) {
                reservations.accountFailed(claim, item, result, Optional.empty());
            }
        };
    }
}
