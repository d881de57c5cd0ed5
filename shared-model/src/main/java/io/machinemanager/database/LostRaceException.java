package io.machinemanager.database;

/**
 * Work found the database busy with somebody else's unfinished change, or its transaction broken; {@link RetryingTransactions}
 * runs it again.
 */
public class LostRaceException extends RuntimeException {

    /** The message is for the log. */
    public LostRaceException(String message) {
        super(message);
    }
}
