package io.machinemanager.secret;

import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/** Rows of the database that hold secrets encrypted by {@link SecretBox}. Each table with such rows has a bean of this kind. */
public interface EncryptedRows {

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

        /**
         * Encrypts rows anew, each by itself.
         *
         * @param rows by id
         * @param after what {@link #last} is when there is none
         * @param reseal whether a row is encrypted with the current key now
         */
        public static <E> Step over(List<E> rows, long after, ToLongFunction<E> id, Predicate<E> reseal) {
            long last = rows.isEmpty() ? after : id.applyAsLong(rows.getLast());
            return new Step(last, rows.size(), (int) rows.stream().filter(reseal).count());
        }
    }
}
