package io.machinemanager.database;

/**
 * Another transaction has an unfinished change in the way, or the own transaction broke. {@link RetryingTransactions} runs
 * the work again.
 */
public class LostRaceException extends RuntimeException {

    /** The message is for the log. */
    public LostRaceException(String message) {
        super(message);
    }
}
