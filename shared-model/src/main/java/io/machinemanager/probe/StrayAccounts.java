package io.machinemanager.probe;

import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.machinemanager.account.AccountResult;

/**
 * Decides about stray accounts: accounts with our mark that no reservation knows, such as those of reservations that a
 * restored backup of the database does not have. A note on the machine names them, and the machine is not lent until a
 * probe finds none.
 */
final class StrayAccounts {

    /** So many are removed after a probe. The next probe comes soon if one could be removed, and removes more. */
    static final int MAX_REMOVED = 5;

    private static final String PRESENT = "The account %s is on it, which is ours and which no reservation knows";
    private static final String FOUND = PRESENT + ".";
    private static final String NOT_REMOVED = PRESENT + ", and could not be removed: %s";
    private static final String REMOVED = "The account %s was on it, which was ours and which no reservation knew.";

    private StrayAccounts() {
    }

    /**
     * Selects the accounts to remove.
     *
     * @param found the accounts with our mark, and the token of each
     * @param isKnown whether a reservation knows an account and its token
     * @return at most {@link #MAX_REMOVED}, the first ones by name
     */
    static SortedMap<String, Long> toRemove(Map<String, Long> found, BiPredicate<String, Long> isKnown) {
        SortedMap<String, Long> strays = new TreeMap<>();
        new TreeMap<>(found).entrySet().stream()
                .filter(account -> !isKnown.test(account.getKey(), account.getValue())).limit(MAX_REMOVED)
                .forEach(account -> strays.put(account.getKey(), account.getValue()));
        return strays;
    }

    /**
     * The note after a probe.
     *
     * @param note the current note; null for none
     * @param strays the names of the stray accounts
     * @return null without stray accounts; the current note, which may say why they stay, when it names all of them
     */
    static String noteAfterProbe(String note, Collection<String> strays) {
        if (strays.isEmpty()) {
            return null;
        }
        boolean namesAll = strays.stream().allMatch(account -> contains(note, PRESENT.formatted(account)));
        return namesAll ? note : sentences(strays.stream().map(FOUND::formatted));
    }

    /** The note after removals were tried, by account. */
    static String noteAfterRemovals(Map<String, AccountResult> results) {
        return sentences(results.entrySet().stream().map(result -> sentence(result.getKey(), result.getValue())));
    }

    /**
     * Tells whether the result of a removal is new, and so to be audited: an account that cannot be removed would fill the
     * audit.
     *
     * @param noteBefore the note before the probe; null for none
     */
    static boolean isNew(String noteBefore, String account, AccountResult result) {
        return !contains(noteBefore, sentence(account, result));
    }

    /**
     * Tells whether to probe again at once, which is what lets the machine back into the pool. Not when all accounts that
     * were removed had been removed before: something makes them again, and must not cause probes without a pause.
     *
     * @param noteBefore the note before the probe; null for none
     */
    static boolean needsProbeSoon(String noteBefore, Map<String, AccountResult> results) {
        return results.entrySet().stream().anyMatch(
                result -> result.getValue().isDone() && !contains(noteBefore, REMOVED.formatted(result.getKey())));
    }

    private static String sentence(String account, AccountResult result) {
        return result.isDone() ? REMOVED.formatted(account) : NOT_REMOVED.formatted(account, result.reason());
    }

    private static boolean contains(String note, String text) {
        return note != null && note.contains(text);
    }

    private static String sentences(Stream<String> all) {
        return all.collect(Collectors.joining(" "));
    }
}
