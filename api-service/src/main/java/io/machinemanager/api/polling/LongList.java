package io.machinemanager.api.polling;

import java.util.AbstractCollection;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.LongSupplier;

import io.machinemanager.api.input.Page;

/**
 * What a list call answers with, read in batches while it is written to the caller, so that a long list takes no more
 * memory than a short one, and no connection to the database while the caller takes its time.
 */
public final class LongList<T> extends AbstractCollection<T> {

    /** How many rows are in memory at once. */
    static final int BATCH = 2000;

    /** Where the rows come from. */
    public interface Rows<T> {

        /** The first ones of the page that was asked for, and at most so many. */
        List<T> first(int limit);

        /** Those after that one, and at most so many. */
        List<T> after(T last, int limit);
    }

    private final Page page;
    private final Rows<T> rows;
    private final LongSupplier total;
    private final List<T> first;

    /**
     * Reads the first batch.
     *
     * @param total counts the rows of all pages
     */
    LongList(Page page, Rows<T> rows, LongSupplier total) {
        this.page = page;
        this.rows = rows;
        this.total = total;
        this.first = rows.first(Math.min(page.limit(), BATCH));
    }

    /** Whether the first batch is all. */
    boolean isShort() {
        return first.size() < BATCH || page.limit() <= BATCH;
    }

    /** The rows of the first batch. */
    List<T> first() {
        return first;
    }

    /** How many rows there are on all pages. */
    long total() {
        return total.getAsLong();
    }

    /** How many rows there are at this moment; while they are read there may be more or less. */
    @Override
    public int size() {
        return isShort() ? first.size() : (int) Math.min(page.limit(), total() - page.offset());
    }

    @Override
    public Iterator<T> iterator() {
        return new Batches();
    }

    private final class Batches implements Iterator<T> {

        private List<T> batch = first;
        private int given;
        private int left = page.limit();

        @Override
        public boolean hasNext() {
            if (given == batch.size() && batch.size() >= BATCH && left > 0) {
                batch = rows.after(batch.getLast(), Math.min(left, BATCH));
                given = 0;
            }
            return given < batch.size() && left > 0;
        }

        @Override
        public T next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            left--;
            return batch.get(given++);
        }
    }
}
