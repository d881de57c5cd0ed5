package io.machinemanager.audit;

import java.util.Optional;

/**
 * Something that is to be written down. No part of it may be a secret.
 *
 * @param action what was done
 * @param outcome how it went
 * @param by the user who did it; nothing means whoever makes the call
 * @param target the user, machine or API key that it was done to; null when there is none
 * @param detail what else there is to know; null when that is nothing
 */
public record AuditEvent(AuditAction action, AuditOutcome outcome, Optional<Actor> by, String target, String detail) {

    /** Something that the caller has done. */
    public static AuditEvent of(AuditAction action, String target) {
        return new AuditEvent(action, AuditOutcome.DONE, Optional.empty(), target, null);
    }

    /** The same with another outcome. */
    public AuditEvent outcome(AuditOutcome other) {
        return new AuditEvent(action, other, by, target, detail);
    }

    /** The same with a detail, which is cut to 500 characters. */
    public AuditEvent detail(String text) {
        return new AuditEvent(action, outcome, by, target, text);
    }

    /** The same, done by that user. */
    public AuditEvent by(String user) {
        return by(new Actor(user, null, null));
    }

    /** The same, done by whoever makes the call at this moment, to be written down when it may be over. */
    public AuditEvent by(CurrentActor caller) {
        return by(Actor.of(caller));
    }

    /** The same, done by those. */
    public AuditEvent by(Actor who) {
        return new AuditEvent(action, outcome, Optional.of(who), target, detail);
    }

    /** The same, done by somebody of whom nothing is known but the address. */
    public AuditEvent bySomebody() {
        return by(new Actor(null, null, null));
    }
}
