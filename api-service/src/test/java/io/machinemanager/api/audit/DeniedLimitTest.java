package io.machinemanager.api.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;

class DeniedLimitTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final DeniedLimit limit = new DeniedLimit(now::get);

    private static AuditEvent call(String what) {
        return AuditEvent.of(AuditAction.ACCESS_DENIED, null).anonymous().detail(what);
    }

    @Test
    void theSameCallIsWrittenDownOnceAMinute() {
        assertThat(limit.take("alice", call("GET /users"))).contains(call("GET /users"));
        assertThat(limit.take("alice", call("GET /users"))).isEmpty();
        assertThat(limit.take("alice", call("GET /audit"))).isPresent();
        assertThat(limit.take("bob", call("GET /users"))).isPresent();

        now.addAndGet(Duration.ofMinutes(1).toNanos() - 1);
        assertThat(limit.take("alice", call("GET /users"))).isEmpty();
        now.incrementAndGet();

        assertThat(limit.take("alice", call("GET /users"))).isPresent();
    }

    @Test
    void ofManyDifferentCallsTheLastThatIsWrittenDownSaysSo() {
        for (int i = 1; i < DeniedLimit.MAX_CALLS; i++) {
            assertThat(limit.take("alice", call("GET /users/" + i))).contains(call("GET /users/" + i));
        }

        assertThat(limit.take("alice", call("GET /users/x")).map(AuditEvent::detail))
                .isEqualTo(Optional.of("the last one of this minute that is written down: GET /users/x"));
        assertThat(limit.take("alice", call("GET /users/y"))).isEmpty();
        assertThat(limit.take("bob", call("GET /users/y"))).isPresent();
    }
}
