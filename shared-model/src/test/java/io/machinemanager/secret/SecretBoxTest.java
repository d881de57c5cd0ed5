package io.machinemanager.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

import org.junit.jupiter.api.Test;

class SecretBoxTest {

    private static final String KEY = key(1);
    private static final String OTHER_KEY = key(2);

    private static String key(int fill) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) fill);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static SecretBox secrets(String key, String previous) {
        return new SecretBox(new Config(Optional.of(key), Optional.ofNullable(previous)));
    }

    @Test
    void whatWasSealedOpensForTheSameOwnerOnly() {
        SecretBox secrets = secrets(KEY, null);
        String sealed = secrets.seal("machine/7", "p{{ 7*7 }}\"'$(id) ü€😀");

        assertThat(secrets.open("machine/7", sealed)).isEqualTo("p{{ 7*7 }}\"'$(id) ü€😀");
        assertThatThrownBy(() -> secrets.open("machine/8", sealed)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theSameSecretNeverLooksTheSame() {
        SecretBox secrets = secrets(KEY, null);

        assertThat(secrets.seal("machine/1", "secret")).isNotEqualTo(secrets.seal("machine/1", "secret"))
                .doesNotContain("secret");
    }

    @Test
    void anAlteredCiphertextDoesNotOpen() {
        SecretBox secrets = secrets(KEY, null);
        String sealed = secrets.seal("machine/1", "secret");
        String prefix = sealed.substring(0, sealed.lastIndexOf(':') + 1);
        byte[] bytes = Base64.getDecoder().decode(sealed.substring(prefix.length()));
        bytes[bytes.length - 1] ^= 1;

        assertThatThrownBy(() -> secrets.open("machine/1", prefix + Base64.getEncoder().encodeToString(bytes)))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> secrets.open("machine/1", "plain")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void afterARotationTheOldCiphertextsStillOpenAndAreKnownAsOld() {
        String old = secrets(KEY, null).seal("machine/1", "secret");
        SecretBox rotated = secrets(OTHER_KEY, KEY);

        assertThat(rotated.open("machine/1", old)).isEqualTo("secret");
        assertThat(rotated.isCurrent(old)).isFalse();
        assertThat(rotated.isCurrent(rotated.seal("machine/1", "secret"))).isTrue();
        assertThatThrownBy(() -> secrets(OTHER_KEY, null).open("machine/1", old))
                .hasMessageContaining("not configured");
    }

    @Test
    void keysOfTheWrongFormAreNamed() {
        assertThat(SecretBox.problemWith(KEY)).isEmpty();
        assertThat(SecretBox.problemWith("change-me")).isPresent();
        assertThat(SecretBox.problemWith("AAAA")).hasValueSatisfying(p -> assertThat(p).contains("3 bytes"));
        assertThat(SecretBox.problemWith(SecretBox.DEVELOPMENT_KEY)).isPresent();
    }

    private record Config(Optional<String> key, Optional<String> keyPrevious) implements SecretConfig {

        @Override
        public Duration rotationInterval() {
            return Duration.ofMinutes(1);
        }
    }
}
