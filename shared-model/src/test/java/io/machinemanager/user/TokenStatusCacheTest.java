package io.machinemanager.user;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

class TokenStatusCacheTest {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final UserStatus ALICE = new UserStatus(1, "alice", false, 7, NOON);

    private final AtomicLong nanos = new AtomicLong(-5);
    private final TokenStatusCache cache = new TokenStatusCache(nanos::get);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void anAnswerIsCachedForASecondAndItsTimeGoesOn() {
        cache.ask("token").answered(ALICE);
        pass(Duration.ofMillis(999));

        assertThat(cache.of("token")).contains(ALICE.at(NOON.plusMillis(999)));
        assertThat(cache.of("another")).isEmpty();

        pass(Duration.ofMillis(1));
        assertThat(cache.of("token")).isEmpty();
    }

    @Test
    void theSecondBeginsWithTheQuestion() {
        var question = cache.ask("token");
        pass(TokenStatusCache.LONGEST);
        question.answered(ALICE);

        assertThat(cache.of("token")).isEmpty();
    }

    @Test
    void aChangeClearsTheCache() {
        cache.ask("token").answered(ALICE);
        cache.forget();

        assertThat(cache.of("token")).isEmpty();
    }

    @Test
    void anAnswerToAQuestionFromBeforeAChangeIsNotCached() {
        var question = cache.ask("token");
        cache.forget();
        question.answered(ALICE);

        assertThat(cache.of("token")).isEmpty();
    }

    @Test
    void aQuestionThatIsUnderWayDuringAChangeDoesNotReplaceALaterAnswer() {
        UserStatus changed = new UserStatus(1, "alice", true, 8, NOON);
        var before = cache.ask("token");
        cache.forget();
        cache.ask("token").answered(changed);
        before.answered(ALICE);

        assertThat(cache.of("token")).contains(changed);
    }
}
