package io.machinemanager.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

import org.junit.jupiter.api.Test;

class MachineSecretsTest {

    private static final String KEY = key(1);
    private static final String OTHER_KEY = key(2);

    private static String key(int fill) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) fill);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static MachineSecrets secrets(String key, String previous) {
        return new MachineSecrets(new Config(Optional.of(key), Optional.ofNullable(previous)));
    }

    @Test
    void whatWasSealedOpensForTheSameMachineOnly() {
        MachineSecrets secrets = secrets(KEY, null);
        String sealed = secrets.seal(7, "p{{ 7*7 }}\"'$(id) ü€😀");

        assertThat(secrets.open(7, sealed)).isEqualTo("p{{ 7*7 }}\"'$(id) ü€😀");
        assertThatThrownBy(() -> secrets.open(8, sealed)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theSameSecretNeverLooksTheSame() {
        MachineSecrets secrets = secrets(KEY, null);

        assertThat(secrets.seal(1, "secret")).isNotEqualTo(secrets.seal(1, "secret")).doesNotContain("secret");
    }

    @Test
    void anAlteredCiphertextDoesNotOpen() {
        MachineSecrets secrets = secrets(KEY, null);
        String sealed = secrets.seal(1, "secret");
        String prefix = sealed.substring(0, sealed.lastIndexOf(':') + 1);
        byte[] bytes = Base64.getDecoder().decode(sealed.substring(prefix.length()));
        bytes[bytes.length - 1] ^= 1;

        assertThatThrownBy(() -> secrets.open(1, prefix + Base64.getEncoder().encodeToString(bytes)))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> secrets.open(1, "plain")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void afterARotationTheOldCiphertextsStillOpenAndAreKnownAsOld() {
        String old = secrets(KEY, null).seal(1, "secret");
        MachineSecrets rotated = secrets(OTHER_KEY, KEY);

        assertThat(rotated.open(1, old)).isEqualTo("secret");
        assertThat(rotated.isCurrent(old)).isFalse();
        assertThat(rotated.isCurrent(rotated.seal(1, "secret"))).isTrue();
        assertThatThrownBy(() -> secrets(OTHER_KEY, null).open(1, old)).hasMessageContaining("not configured");
    }

    @Test
    void keysOfTheWrongFormAreNamed() {
        assertThat(MachineSecrets.problemWith(KEY)).isEmpty();
        assertThat(MachineSecrets.problemWith("change-me")).isPresent();
        assertThat(MachineSecrets.problemWith("AAAA")).hasValueSatisfying(p -> assertThat(p).contains("3 bytes"));
        assertThat(MachineSecrets.problemWith(MachineSecrets.DEVELOPMENT_KEY)).isPresent();
    }

    private record Config(Optional<String> secretsKey, Optional<String> secretsKeyPrevious) implements MachineConfig {

        @Override
        public Duration hostKeyTimeout() {
            return Duration.ofSeconds(1);
        }

        @Override
        public Duration sitOut() {
            return Duration.ofSeconds(1);
        }

        @Override
        public Duration sitOutMax() {
            return Duration.ofSeconds(1);
        }
    }
}
