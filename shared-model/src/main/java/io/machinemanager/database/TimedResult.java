package io.machinemanager.database;

import java.time.Instant;
import java.util.List;

/**
 * The rows that a query found.
 *
 * @param at the database's time of the query
 */
public record TimedResult<T>(Instant at, List<T> rows) {
}
