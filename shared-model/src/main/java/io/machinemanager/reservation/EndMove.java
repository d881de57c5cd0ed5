package io.machinemanager.reservation;

import java.time.Instant;

/**
 * A new end of a reservation that its machine is to get.
 *
 * @param item the account, with the new end
 * @param until the new end
 * @param isLater whether it is later than the present end
 */
record EndMove(WorkItem item, Instant until, boolean isLater) {

    String machine() {
        return item.target().machine();
    }
}
