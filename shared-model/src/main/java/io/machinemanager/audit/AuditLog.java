package io.machinemanager.audit;

import java.util.Optional;
import java.util.function.Function;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;
import jakarta.transaction.Transactional;
import jakarta.transaction.Transactional.TxType;

import io.quarkus.logging.Log;

/**
 * Writes down what is done, in the transaction that does it: what is rolled back leaves no entry, and what is committed has
 * one. Each entry is a line of the log as well, once it is committed.
 */
@ApplicationScoped
public class AuditLog {

    private static final int MAX_TARGET = 253;
    private static final int MAX_DETAIL = 500;

    private final Instance<CurrentActor> origin;
    private final TransactionSynchronizationRegistry transaction;

    AuditLog(Instance<CurrentActor> origin, TransactionSynchronizationRegistry transaction) {
        this.origin = origin;
        this.transaction = transaction;
    }

    /** Writes an act down in the caller's transaction, which there must be. */
    @Transactional(TxType.MANDATORY)
    public void record(AuditEvent act) {
        AuditEntry entry = new AuditEntry();
        Actor by = act.by().orElseGet(() -> new Actor(ofCall(CurrentActor::user), ofCall(CurrentActor::apiKey), null));
        entry.actor = by.user();
        entry.apiKey = by.apiKey();
        entry.address = by.address() == null ? ofCall(CurrentActor::address) : by.address();
        entry.action = act.action();
        entry.target = cut(act.target(), MAX_TARGET);
        entry.outcome = act.outcome();
        entry.detail = cut(act.detail(), MAX_DETAIL);
        entry.persist();
        transaction.registerInterposedSynchronization(new LogOnCommit(AuditRecord.of(entry)));
    }

    /** Who makes the call at this moment, to be written down when it may be over; nothing when there is no call. */
    public Optional<Actor> caller() {
        return origin.isUnsatisfied()
                ? Optional.empty()
                : Optional.of(Actor.of(origin.get())).filter(by -> by.user() != null);
    }

    private String ofCall(Function<CurrentActor, Optional<String>> part) {
        return origin.isUnsatisfied() ? null : part.apply(origin.get()).orElse(null);
    }

    private static String cut(String text, int length) {
        return text == null || text.length() <= length ? text : text.substring(0, length);
    }

    /** Here, so that the lines come under the name of this class. */
    private static void log(String line) {
        Log.info(line);
    }

    private record LogOnCommit(String line) implements Synchronization {

        @Override
        public void beforeCompletion() {
            // nothing is certain yet
        }

        @Override
        public void afterCompletion(int status) {
            if (status == Status.STATUS_COMMITTED) {
                log(line);
            }
        }
    }
}
