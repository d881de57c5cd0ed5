package io.machinemanager.secret;

/** Rows of the database that hold secrets encrypted by {@link SecretBox}. Each table with such rows has a bean of this kind. */
public interface SealedRows {

    /** How many rows hold a secret that was not encrypted with the current key. */
    long countStale();

    /**
     * Encrypts the secrets of some such rows anew, in one short transaction.
     *
     * @param after only rows with a greater id
     * @param limit the most rows that are looked at
     */
    Step reseal(long after, int limit);

    /**
     * What one call has done.
     *
     * @param last the greatest id that was looked at; rows before it need no other look in this round
     * @param looked how many rows were looked at
     * @param resealed how many of them are encrypted with the current key now; the key of the others is not at hand
     */
    record Step(long last, int looked, int resealed) {
    }
}
