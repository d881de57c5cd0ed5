package io.machinemanager.reservation;

import io.machinemanager.machine.Machine;

/**
 * A free machine that the transaction has locked, so that no other one can lend it.
 *
 * @param latest its latest reservation, read while it was locked
 */
record FreeMachine(Machine machine, PastReservations.Latest latest) {

    long id() {
        return machine.id;
    }
}
