package io.machinemanager.audit;

import java.util.Optional;

/**
 * An event to audit. It must not contain secrets.
 *
 * @param action the action
 * @param outcome its outcome
 * @param by the actor; empty for the caller of the current request
 * @param target the user, group, machine or API key that the action changed; null for none
 * @param detail further information; null for none
 */
public record AuditEvent(AuditAction action, AuditOutcome outcome, Optional<Actor> by, String target, String detail) {

    /** An action that the caller has done. */
    public static AuditEvent of(AuditAction action, String target) {
        return new AuditEvent(action, AuditOutcome.DONE, Optional.empty(), target, null);
    }

    /** A copy with another outcome. */
    public AuditEvent outcome(AuditOutcome other) {
        return new AuditEvent(action, other, by, target, detail);
    }

    /** A copy with a detail, which is stored up to 500 characters. */
    public AuditEvent detail(String text) {
        return new AuditEvent(action, outcome, by, target, text);
    }

    /** A copy with this user as the actor. */
    public AuditEvent by(String user) {
        return by(new Actor(user, null, null));
    }

    /** A copy with the current caller as the actor, for events that are stored after the request. */
    public AuditEvent by(CurrentActor caller) {
        return by(Actor.of(caller));
    }

    /** A copy with this actor. */
    public AuditEvent by(Actor actor) {
        return new AuditEvent(action, outcome, Optional.of(actor), target, detail);
    }

    /** A copy with an unknown user as the actor, of whom only the address is stored. */
    public AuditEvent anonymous() {
        return by(new Actor(null, null, null));
    }
}
