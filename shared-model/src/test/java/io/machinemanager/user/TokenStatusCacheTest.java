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
    private final TokenStatusCache recent = new TokenStatusCache(nanos::get);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void anAnswerCountsForASecondAndItsTimeGoesOn() {
        recent.ask("token").answered(ALICE);
        pass(Duration.ofMillis(999));

        assertThat(recent.of("token")).contains(ALICE.at(NOON.plusMillis(999)));
        assertThat(recent.of("another")).isEmpty();

        pass(Duration.ofMillis(1));
        assertThat(recent.of("token")).isEmpty();
    }

    @Test
    void theSecondBeginsWithTheQuestion() {
        var question = recent.ask("token");
        pass(TokenStatusCache.LONGEST);
        question.answered(ALICE);

        assertThat(recent.of("token")).isEmpty();
    }

    @Test
    void aChangeMakesAllAnswersWorthless() {
        recent.ask("token").answered(ALICE);
        recent.forget();

        assertThat(recent.of("token")).isEmpty();
    }

    @Test
    void anAnswerThatComesAfterAChangeButWasAskedForBeforeIsWorthless() {
        var question = recent.ask("token");
        recent.forget();
        question.answered(ALICE);

        assertThat(recent.of("token")).isEmpty();
    }
}
