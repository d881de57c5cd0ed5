package io.machinemanager.secret;

import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/** A table whose rows hold secrets encrypted by {@link SecretBox}. Each such table has a bean of this kind. */
public interface EncryptedRows {

    /** How many rows hold a secret that was not encrypted with the current key. */
    long countStale();

    /**
     * Encrypts the secrets of some such rows anew, in one short transaction.
     *
     * @param after only rows with a greater id
     * @param limit the most rows that are checked
     */
    Step reseal(long after, int limit);

    /**
     * The result of one call.
     *
     * @param last the greatest id that was checked; the next call goes on after it
     * @param checked how many rows were checked
     * @param resealed how many of them are encrypted with the current key now; the key of the others is not configured
     */
    record Step(long last, int checked, int resealed) {

        /**
         * Encrypts rows anew, one by one.
         *
         * @param rows by id
         * @param after the value of {@link #last} when there are no rows
         * @param reseal whether a row is encrypted with the current key now
         */
        public static <E> Step over(List<E> rows, long after, ToLongFunction<E> id, Predicate<E> reseal) {
            long last = rows.isEmpty() ? after : id.applyAsLong(rows.getLast());
            return new Step(last, rows.size(), (int) rows.stream().filter(reseal).count());
        }
    }
}
