package io.machinemanager.secret;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretCheckTest {

    private static final String KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    @Test
    void aKeyOf32BytesWillDo() {
        assertThat(new SecretCheck(config(KEY, null), true).problems()).isEmpty();
        assertThat(new SecretCheck(config(KEY, KEY), true).problems()).isEmpty();
    }

    @Test
    void onlyProductionNeedsOne() {
        assertThat(new SecretCheck(config(null, null), true).problems()).singleElement().asString()
                .contains("MACHINE_SECRETS_KEY is missing", "openssl rand -base64 32");
        assertThat(new SecretCheck(config(null, null), false).problems()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"change-me", "c2hvcnQ=", "not base64 at all!",
            "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEy",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", " " })
    void keysThatAreShortOrLongOrWellKnownAreRefusedWithoutBeingShown(String key) {
        assertThat(new SecretCheck(config(key, null), true).problems()).singleElement().asString()
                .startsWith("MACHINE_SECRETS_KEY cannot be used").doesNotContain("c2hvcnQ=", "MDEyMzQ1", "change-me");
        assertThat(new SecretCheck(config(KEY, key), true).problems()).singleElement().asString()
                .startsWith("MACHINE_SECRETS_KEY_PREVIOUS cannot be used");
    }

    private static SecretConfig config(String key, String previous) {
        return new SecretConfig() {
            @Override
            public Optional<String> key() {
                return Optional.ofNullable(key);
            }

            @Override
            public Optional<String> keyPrevious() {
                return Optional.ofNullable(previous);
            }

            @Override
            public Duration rotationInterval() {
                return Duration.ofMinutes(1);
            }
        };
    }
}
