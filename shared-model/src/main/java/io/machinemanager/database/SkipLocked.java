package io.machinemanager.database;

import java.util.List;

import jakarta.persistence.LockModeType;

import io.quarkus.hibernate.orm.panache.PanacheQuery;

/** Locks rows for one of several workers that may want the same rows at the same time. */
public final class SkipLocked {

    private static final String LOCK_TIMEOUT = "jakarta.persistence.lock.timeout";
    // Hibernate's value for SKIP LOCKED
    private static final int SKIP = -2;

    private SkipLocked() {
    }

    /**
     * Locks rows until the end of the transaction, and skips rows that another transaction has locked.
     *
     * @param rows the wanted rows, in the order in which they are taken
     * @param limit how many at the most, at least 1
     */
    public static <E> List<E> first(PanacheQuery<E> rows, int limit) {
        return rows.withLock(LockModeType.PESSIMISTIC_WRITE).withHint(LOCK_TIMEOUT, SKIP).range(0, limit - 1).list();
    }
}
