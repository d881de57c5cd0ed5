package io.machinemanager.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;

import org.junit.jupiter.api.Test;

class LoginAttemptTest {

    private final LoginAttempt attempt = new LoginAttempt("alice", Optional.of("192.0.2.1"));

    @Test
    void theUserAtTheNetworkHasTheLimitAndEachAloneHasTenTimesAsMuch() {
        assertThat(attempt.limits(3, false)).isEqualTo(
                Map.of(attempt.userAtNetworkKey(), 3, attempt.userKey(), 30, attempt.networkKey(), 30));
    }

    @Test
    void atAKnownNetworkOnlyFailuresOfTheUserThereCount() {
        assertThat(attempt.limits(3, true)).isEqualTo(Map.of(attempt.userAtNetworkKey(), 3));
    }

    @Test
    void keysTellUsersAndNetworksApartAndShowNeither() {
        LoginAttempt otherUser = new LoginAttempt("bob", Optional.of("192.0.2.1"));
        LoginAttempt otherNetwork = new LoginAttempt("alice", Optional.of("192.0.2.2"));

        assertThat(attempt.keys()).doesNotHaveDuplicates().allMatch(key -> key.matches("[0-9a-f]{64}"));
        assertThat(attempt.keys()).filteredOn(otherUser.keys()::contains).containsExactly(attempt.networkKey());
        assertThat(attempt.keys()).filteredOn(otherNetwork.keys()::contains).containsExactly(attempt.userKey());
    }

    @Test
    void anIpv6NetworkIsA48() {
        assertThat(key("2001:db8:1:2::1")).isEqualTo(key("2001:db8:1:ffff::2")).isNotEqualTo(key("2001:db8:2:2::1"));
    }

    private static String key(String address) {
        return new LoginAttempt("alice", Optional.of(address)).networkKey();
    }
}
