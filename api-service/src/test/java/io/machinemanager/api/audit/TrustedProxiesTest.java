package io.machinemanager.api.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {

    private static final TrustedProxies PROXIES = new TrustedProxies(
            () -> Optional.of(List.of("10.0.0.1", "192.168.0.0/20", "fd00::/64", "localhost")));

    /** A semicolon stands between headers. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"10.0.0.1 | 203.0.113.7 | 203.0.113.7",
            "10.0.0.1 | 6.6.6.6, 203.0.113.7 | 203.0.113.7", "10.0.0.1 | 6.6.6.6;203.0.113.7 | 203.0.113.7",
            "10.0.0.1 | 203.0.113.7;6.6.6.6 | 6.6.6.6", "10.0.0.1 | 6.6.6.6, 203.0.113.7, 192.168.15.9 | 203.0.113.7",
            "10.0.0.1 | 6.6.6.6, 203.0.113.7, 192.168.16.9 | 192.168.16.9",
            "10.0.0.1 | 192.168.1.1, 192.168.1.2 | 192.168.1.1", "10.0.0.2 | 203.0.113.7 | 10.0.0.2",
            "127.0.0.1 | 203.0.113.7 | 203.0.113.7", "10.0.0.1 | 203.0.113.7:4711 | 203.0.113.7",
            "10.0.0.1 | [2001:db8::7]:4711 | 2001:db8:0:0:0:0:0:7", "10.0.0.1 | 2001:db8::7 | 2001:db8:0:0:0:0:0:7",
            "fd00::9 | 2001:db8::7, fd00::8 | 2001:db8:0:0:0:0:0:7", "fd01::9 | 2001:db8::7 | fd01:0:0:0:0:0:0:9",
            "10.0.0.1 | ::ffff:203.0.113.7 | 203.0.113.7", "::ffff:10.0.0.1 | 203.0.113.7 | 203.0.113.7",
            "10.0.0.1 | 203.0.113.7, unknown | 10.0.0.1", "10.0.0.1 | unknown, 203.0.113.7 | 203.0.113.7",
            "10.0.0.1 | 6.6.6.6, | 10.0.0.1", "10.0.0.1 | :80 | 10.0.0.1", "10.0.0.1 | 80 | 10.0.0.1",
            "10.0.0.1 | 999.1.1.1 | 10.0.0.1", "10.0.0.1 | localhost | 10.0.0.1", "10.0.0.1 | _hidden | 10.0.0.1",
            "10.0.0.1 | [::1 | 10.0.0.1", "10.0.0.1 | 1.2.3.4 5.6.7.8 | 10.0.0.1" })
    void theClientIsTheRightmostAddressThatNoTrustedProxyHas(String peer, String headers, String client) {
        assertThat(PROXIES.client(peer, Arrays.asList(headers.split(";")))).isEqualTo(client);
    }

    @Test
    void withoutTheHeaderTheClientIsThePeerOfTheConnection() {
        assertThat(PROXIES.client("10.0.0.1", List.of())).isEqualTo("10.0.0.1");
    }

    @Test
    void withoutProxiesNobodyMayTellAnAddress() {
        assertThat(new TrustedProxies(Optional::empty).client("127.0.0.1", List.of("203.0.113.7")))
                .isEqualTo("127.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/33", "fd00::/129", "10.0.0/8/9", "a b", "300.1.1.1", "10.0.0.1:80", "" })
    void anEntryThatIsNoneIsNamedAtTheStart(String entry) {
        assertThat(new TrustedProxies(() -> Optional.of(List.of("10.0.0.1", entry))).problems()).singleElement()
                .asString()
                .startsWith("TRUSTED_PROXIES ").endsWith(": " + entry + ".");
        assertThat(PROXIES.problems()).isEmpty();
    }
}
