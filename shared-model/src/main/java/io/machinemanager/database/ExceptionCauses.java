package io.machinemanager.database;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

import jakarta.transaction.RollbackException;

/** Lists the causes of an exception. */
final class ExceptionCauses {

    private ExceptionCauses() {
    }

    /**
     * The failure itself and all its causes, nearest first. The transaction manager adds the reason of a failed commit as a
     * suppressed exception, so for a failed commit these are causes too.
     */
    static List<Throwable> of(Throwable failure) {
        List<Throwable> found = new ArrayList<>();
        collect(failure, found, Collections.newSetFromMap(new IdentityHashMap<>()));
        return found;
    }

    private static void collect(Throwable failure, List<Throwable> found, Set<Throwable> seen) {
        if (failure == null || !seen.add(failure)) {
            return;
        }
        found.add(failure);
        collect(failure.getCause(), found, seen);
        if (failure instanceof RollbackException) {
            for (Throwable reason : failure.getSuppressed()) {
                collect(reason, found, seen);
            }
        }
    }
}
