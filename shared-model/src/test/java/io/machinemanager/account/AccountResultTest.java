package io.machinemanager.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.machinemanager.account.AccountResult.Outcome;

class AccountResultTest {

    private static String reason(String said) {
        return new AccountResult(Outcome.FAILED, said).reason();
    }

    @Test
    void reasonIsCutToTheLengthOfTheColumn() {
        assertThat(reason("x".repeat(10_000))).hasSizeLessThanOrEqualTo(500).endsWith("...");
    }

    @Test
    void reasonHasNoControlCharacters() {
        assertThat(reason("no\n2026 INFO forged\r\u001b[2J\u2028\u202e end"))
                .isEqualTo("no?2026 INFO forged??[2J?? end");
        assertThat(reason("ünïcode stays")).isEqualTo("ünïcode stays");
    }

    @Test
    void thereIsAlwaysAReason() {
        assertThat(reason(null)).isNotBlank();
    }
}
