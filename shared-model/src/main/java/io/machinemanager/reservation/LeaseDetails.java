package io.machinemanager.reservation;

import io.machinemanager.machine.MachineLabel;
import io.machinemanager.playbook.PlaybookInput;
import io.machinemanager.secret.SecretBox;

/** Reads what a playbook is told about a reservation, in the caller's transaction. */
final class LeaseDetails {

    private LeaseDetails() {
    }

    static PlaybookInput of(Reservation reservation, SecretBox secrets) {
        String note = Request.<Request>findByIdOptional(reservation.requestId).map(request -> request.note)
                .orElse(null);
        return new PlaybookInput(WorkItem.target(reservation.machine, secrets), reservation.account,
                MachineLabel.of(reservation.machine.id), reservation.requestId, note, reservation.ownerName);
    }
}
