package io.machinemanager.api.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JwtKeyTest {

    private static final String LONG = "a secret of 32 bytes or even more";

    @Test
    void theKeyOfALongSecretIsTheSecretItself() {
        assertThat(new JwtKey("0123456789abcdef0123456789abcdef").toJwk())
                .contains("\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"").contains("\"alg\":\"HS256\"");
    }

    @Test
    void aShortSecretIsStretchedToTheLengthOfAKey() {
        // 32 bytes in base64 without padding
        assertThat(new JwtKey("change-me").toJwk()).containsPattern("\"k\":\"[A-Za-z0-9_-]{43}\"");
    }

    @Test
    void theIdTellsSecretsApartAndIsTheSameInEveryReplica() {
        assertThat(new JwtKey(LONG).id()).isEqualTo(new JwtKey(LONG).id()).hasSize(16)
                .isNotEqualTo(new JwtKey(LONG + "!").id());
    }
}
