package io.machinemanager.database;

import java.time.Instant;
import java.util.List;

/**
 * What one query has seen.
 *
 * @param at the database's time at the query
 * @param rows what it found
 */
public record TimedResult<T>(Instant at, List<T> rows) {
}
