package io.machinemanager.probe;

import java.util.Map;

import io.machinemanager.account.AccountResult;
import io.machinemanager.machine.MachineFacts;
import io.machinemanager.machine.UnavailableCause;

/** What the result of a probe says about the machine. */
sealed interface ProbeVerdict {

    /**
     * The log-in worked.
     *
     * @param unusableReason why a new account could not be used; null when it could
     * @param accounts the accounts with our mark, and the token of each
     * @param secondsLeft how many seconds the guard of the machine gives each of them; without those that it does not know
     * @param labels what the machine is, as labels
     * @param facts what the machine is
     */
    record Answered(String unusableReason, Map<String, Long> accounts, Map<String, Long> secondsLeft,
            Map<String, String> labels, MachineFacts facts)
            implements
                ProbeVerdict {

        private static Answered of(String unusableReason, AccountResult result) {
            return new Answered(unusableReason, result.accounts(), result.secondsLeft(),
                    FoundLabels.of(result.facts()), MachineFacts.of(result.facts()));
        }
    }

    /**
     * The machine did not pass the probe, and leaves the pool until it does.
     *
     * @param cause why
     * @param reason the same as a sentence
     * @param unreachable whether there was no log-in at all
     */
    record Failed(UnavailableCause cause, String reason, boolean unreachable) implements ProbeVerdict {

        /**
         * Tells whether a reservation on the machine is to move to another one.
         *
         * @param failures how many times in a row the machine has failed
         * @param replaceAfterFailures from which number on reservations move
         * @param sparePoolPercent the share of machines that is kept for this; 0 replaces nothing
         */
        boolean needsReplacement(int failures, int replaceAfterFailures, int sparePoolPercent) {
            return unreachable && failures >= replaceAfterFailures && sparePoolPercent > 0;
        }
    }

    /** The probe failed on our side, so nothing is known about the machine. */
    record Unknown() implements ProbeVerdict {
    }

    static ProbeVerdict of(AccountResult result) {
        return switch (result.outcome()) {
            case DONE -> Answered.of(null, result);
            case UNUSABLE -> Answered.of(result.reason(), result);
            case UNREACHABLE -> new Failed(UnavailableCause.UNREACHABLE, result.reason(), true);
            case HOST_KEY_CHANGED -> new Failed(UnavailableCause.HOST_KEY, result.reason(), true);
            case FAILED -> new Failed(UnavailableCause.UNREACHABLE, result.reason(), false);
            case REFUSED, NOT_STARTED, RUN_LOST -> new Unknown();
        };
    }
}
