package io.machinemanager.database;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

import jakarta.transaction.RollbackException;

/** Finds what is behind a failure. */
final class ExceptionCauses {

    private ExceptionCauses() {
    }

    /**
     * The failure itself and all that it came from, nearest first. The transaction manager hangs the reason why a commit
     * failed on as suppressed, so for a failed commit those count as causes too.
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
