package io.machinemanager.audit;

import java.util.Optional;
import java.util.function.Function;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.transaction.TransactionSynchronizationRegistry;
import jakarta.transaction.Transactional;
import jakarta.transaction.Transactional.TxType;

import io.machinemanager.database.AfterCommit;
import io.quarkus.logging.Log;

/**
 * Stores audit entries in the transaction of the action: an action has an entry if and only if it is committed. Each entry is
 * also logged, after the commit.
 */
@ApplicationScoped
public class AuditLog {

    private static final int MAX_TARGET = 253;
    private static final int MAX_DETAIL = 500;

    private final Instance<CurrentActor> currentActor;
    private final TransactionSynchronizationRegistry transaction;

    AuditLog(Instance<CurrentActor> currentActor, TransactionSynchronizationRegistry transaction) {
        this.currentActor = currentActor;
        this.transaction = transaction;
    }

    /** Stores an event in the caller's transaction, which must exist. */
    @Transactional(TxType.MANDATORY)
    public void record(AuditEvent event) {
        AuditEntry entry = new AuditEntry();
        Actor actor = event.by()
                .orElseGet(() -> new Actor(ofRequest(CurrentActor::user), ofRequest(CurrentActor::apiKey), null));
        entry.actor = actor.user();
        entry.apiKey = actor.apiKey();
        entry.address = actor.address() == null ? ofRequest(CurrentActor::address) : actor.address();
        entry.action = event.action();
        entry.target = cut(event.target(), MAX_TARGET);
        entry.outcome = event.outcome();
        entry.detail = cut(event.detail(), MAX_DETAIL);
        entry.persist();
        String line = AuditRecord.of(entry);
        transaction.registerInterposedSynchronization(new AfterCommit(() -> log(line)));
    }

    /** The caller of the current request, for events that are stored on other threads; empty when there is none. */
    public Optional<Actor> caller() {
        return currentActor.isUnsatisfied()
                ? Optional.empty()
                : Optional.of(Actor.of(currentActor.get())).filter(actor -> actor.user() != null);
    }

    private String ofRequest(Function<CurrentActor, Optional<String>> part) {
        return currentActor.isUnsatisfied() ? null : part.apply(currentActor.get()).orElse(null);
    }

    private static String cut(String text, int length) {
        return text == null || text.length() <= length ? text : text.substring(0, length);
    }

    /** A method of this class, so that the lines have its name as their logger. */
    private static void log(String line) {
        Log.info(line);
    }
}
