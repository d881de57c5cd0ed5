package io.machinemanager.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostTest {

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "a", "lab-7.example.org", "LAB.Example.org", "my_container", "1and1.example",
            "xn--bcher-kva.example", "127.0.0.1", "0.0.0.0", "255.255.255.255", "::1", "::", "fe80::1",
            "2001:db8::8a2e:370:7334", "2001:DB8:0:0:0:0:0:1", "::ffff:192.0.2.1" })
    void namesAndLiteralsAreAccepted(String host) {
        assertThat(Host.problemWith(host)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "-oProxyCommand=x", "-a.example", "a-.example", "a..example", ".example",
            "example.",
            "a b", "a\nb", "a\u0000b", "a/b", "a@b", "a:22", "a,b", "{{ 7 }}", "$(id)", "bücher.example", "１２７.0.0.1",
            "127.1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4.", "0x7f.1", "0x7f000001", "2130706433",
            "[::1]", "fe80::1%eth0", ":", ":::", "1:2:3:4:5:6:7:8:9", "12345::", "::g", "::ffff:1.2.3.256" })
    void everythingElseIsRefused(String host) {
        assertThat(Host.problemWith(host)).isPresent();
    }

    @Test
    void labelsHaveAtMost63CharactersAndNamesAtMost253() {
        String name = ("x".repeat(62) + ".").repeat(4) + "x";
        assertThat(Host.problemWith("x".repeat(63))).isEmpty();
        assertThat(Host.problemWith("x".repeat(64))).isPresent();
        assertThat(name).hasSize(253);
        assertThat(Host.problemWith(name)).isEmpty();
        assertThat(Host.problemWith(name + "x")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain",
            "ip6-localhost", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0.0.0.0",
            "::" })
    void eachSpellingOfTheOwnHostIsOne(String host) {
        assertThat(Host.normalise(host)).isEqualTo("127.0.0.1");
    }

    @Test
    void spellingsOfOneAddressAreOneAndOthersAreNot() {
        assertThat(Host.normalise("2001:DB8:0:0::1")).isEqualTo(Host.normalise("2001:db8::0.0.0.1"));
        assertThat(Host.normalise("::ffff:192.0.2.1")).isEqualTo("192.0.2.1");
        assertThat(Host.normalise("Lab-7.Example.org.")).isEqualTo("lab-7.example.org");
        assertThat(Host.normalise("127.0.0.2")).isNotEqualTo(Host.normalise("127.0.0.1"));
        assertThat(Host.normalise("notlocalhost")).isEqualTo("notlocalhost");
        assertThat(Host.normalise("dead.beef")).isEqualTo("dead.beef");
    }
}
