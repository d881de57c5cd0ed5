package io.machinemanager.reservation;

import io.machinemanager.machine.Machine;

/**
 * A machine and who holds it.
 *
 * @param machine the machine
 * @param reservation its live reservation; null while it is not lent
 */
public record PooledMachine(Machine machine, Reservation reservation) {
}
