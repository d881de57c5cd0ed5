package io.machinemanager.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountResult.Outcome;

class StrayAccountsTest {

    private static final AccountResult BUSY = new AccountResult(Outcome.FAILED, "userdel: busy");
    private static final AccountResult DONE = AccountResult.done();

    private static final String FOUND = "The account %s is on it, which is ours and which no reservation knows.";
    private static final String GONE = "The account %s was on it, which was ours and which no reservation knew.";

    @Test
    void onlyUnknownAccountsAreRemoved() {
        assertThat(StrayAccounts.toRemove(Map.of("alice", 1L, "bob", 2L), (account, token) -> token == 1L))
                .isEqualTo(Map.of("bob", 2L));
    }

    @Test
    void ofManyTheFirstOnesByNameAreRemoved() {
        Map<String, Long> found = new TreeMap<>();
        IntStream.range(0, 9).forEach(i -> found.put("stray" + i, 1L));

        assertThat(StrayAccounts.toRemove(found, (account, token) -> account.equals("stray1")).keySet())
                .containsExactly("stray0", "stray2", "stray3", "stray4", "stray5");
    }

    @Test
    void theNoteNamesEachStrayAccountAndGoesWithTheLastOne() {
        String note = StrayAccounts.noteAfterProbe(null, List.of("one", "two"));

        assertThat(note).isEqualTo(FOUND.formatted("one") + " " + FOUND.formatted("two"));
        assertThat(StrayAccounts.noteAfterProbe(note, List.of())).isNull();
    }

    @Test
    void aNoteThatSaysWhyAnAccountStaysIsKeptUntilAnotherAccountIsFound() {
        String note = StrayAccounts.noteAfterRemovals(Map.of("one", BUSY));

        assertThat(note).isEqualTo("The account one is on it, which is ours and which no reservation knows, and could"
                + " not be removed: userdel: busy");
        assertThat(StrayAccounts.noteAfterProbe(note, List.of("one"))).isEqualTo(note);
        assertThat(StrayAccounts.noteAfterProbe(note, List.of("one", "two"))).contains(FOUND.formatted("two"));
    }

    @Test
    void aRemovalIsAuditedOnceForEachResult() {
        assertThat(StrayAccounts.isNew(null, "one", BUSY)).isTrue();

        String note = StrayAccounts.noteAfterRemovals(Map.of("one", BUSY));
        assertThat(StrayAccounts.isNew(note, "one", BUSY)).isFalse();
        assertThat(StrayAccounts.isNew(note, "two", BUSY)).isTrue();
        assertThat(StrayAccounts.isNew(note, "one", new AccountResult(Outcome.FAILED, "no lock"))).isTrue();
        assertThat(StrayAccounts.isNew(note, "one", DONE)).isTrue();
    }

    @Test
    void theNextProbeComesSoonOnlyAfterAnAccountThatWasRemovedForTheFirstTime() {
        assertThat(StrayAccounts.needsProbeSoon(null, Map.of("one", BUSY))).isFalse();
        assertThat(StrayAccounts.needsProbeSoon(null, Map.of("one", BUSY, "two", DONE))).isTrue();
        assertThat(StrayAccounts.needsProbeSoon(GONE.formatted("one"), Map.of("one", DONE))).isFalse();
    }
}
