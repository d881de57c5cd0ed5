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
public record Act(AuditAction action, AuditOutcome outcome, Optional<By> by, String target, String detail) {

    /**
     * Who did it, where the call does not tell.
     *
     * @param user the user; null when that is not known
     * @param apiKey the name of the API key that was shown; null for none
     * @param address from where; null for where the call comes from
     */
    public record By(String user, String apiKey, String address) {

        /** Whoever makes the call at this moment. */
        static By of(AuditOrigin caller) {
            return new By(caller.user().orElse(null), caller.apiKey().orElse(null), caller.address().orElse(null));
        }
    }

    /** Something that the caller has done. */
    public static Act of(AuditAction action, String target) {
        return new Act(action, AuditOutcome.DONE, Optional.empty(), target, null);
    }

    /** The same with another outcome. */
    public Act outcome(AuditOutcome other) {
        return new Act(action, other, by, target, detail);
    }

    /** The same with a detail, which is cut to 500 characters. */
    public Act detail(String text) {
        return new Act(action, outcome, by, target, text);
    }

    /** The same, done by that user. */
    public Act by(String user) {
        return by(new By(user, null, null));
    }

    /** The same, done by whoever makes the call at this moment, to be written down when it may be over. */
    public Act by(AuditOrigin caller) {
        return by(By.of(caller));
    }

    /** The same, done by those. */
    public Act by(By who) {
        return new Act(action, outcome, Optional.of(who), target, detail);
    }

    /** The same, done by somebody of whom nothing is known but the address. */
    public Act bySomebody() {
        return by(new By(null, null, null));
    }
}
