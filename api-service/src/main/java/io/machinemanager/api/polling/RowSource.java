package io.machinemanager.api.polling;

import java.util.List;
import java.util.stream.Stream;

/**
 * The rows of a list in their order, read in batches, so that a long list takes no more memory than a short one, and no
 * database connection while a slow caller reads it.
 */
public interface RowSource<T> {

    /** How many rows are in memory at once. */
    int BATCH = 2000;

    /** The first rows of the page that is asked for, at most so many. */
    List<T> first(int limit);

    /** The rows after that one, at most so many. */
    List<T> after(T last, int limit);

    /** All rows, of which the first batch was read already; a batch is read when the one before it was used up. */
    default Stream<T> all(List<T> first, int limit) {
        return Stream.iterate(first, batch -> !batch.isEmpty(),
                batch -> batch.size() < BATCH ? List.of() : after(batch.getLast(), BATCH))
                .flatMap(List::stream).limit(limit);
    }
}
