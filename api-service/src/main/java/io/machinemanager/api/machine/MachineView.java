package io.machinemanager.api.machine;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.database.TimedResult;
import io.machinemanager.pool.MachineState;
import io.machinemanager.pool.PooledMachine;
import io.machinemanager.ssh.HostKeys;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A machine, without its secrets.
 *
 * @param name its name in the pool
 * @param host a DNS name or an IP address
 * @param port the port of its sshd
 * @param user the user the service logs in with
 * @param reserved whether it is reserved; also while its account is being made or removed
 * @param reservedBy the user who reserved it
 * @param reservedUntil the end of the reservation
 * @param state its state: free, provisioning, reserved, cleaning, resetting, unavailable or disabled
 * @param enabled whether it may be lent
 * @param sharedHost whether it may be one host with other machines
 * @param groups the names of the groups whose members may see and reserve it, sorted; empty for everyone
 * @param labels its labels by name; the service sets those that begin with {@code mm/}
 * @param lastSeenAt when the service last logged in to it; for admins
 * @param reason what is wrong with it, or why it is not lent although it is not reserved; for admins
 * @param hostKeys the SSH host keys that are recorded; only when one machine is shown
 * @param facts what the last probe found out about it; only when one machine is shown
 * @param warning a probable mistake; only in the response to a registration or a change
 */
@RegisterForReflection // Jackson is called by hand
public record MachineView(String name, String host, int port, String user, boolean reserved,
        @Schema(nullable = true) String reservedBy,
        @Schema(nullable = true) Instant reservedUntil, String state, boolean enabled, boolean sharedHost,
        List<String> groups, SortedMap<String, String> labels,
        @JsonInclude(Include.NON_NULL) Instant lastSeenAt,
        @JsonInclude(Include.NON_NULL) String reason, @JsonInclude(Include.NON_NULL) List<HostKeyView> hostKeys,
        @JsonInclude(Include.NON_NULL) MachineFactsView facts, @JsonInclude(Include.NON_NULL) String warning) {

    /**
     * An SSH host key.
     *
     * @param type such as {@code ssh-ed25519}
     * @param fingerprint {@code SHA256:…}, as ssh shows it at the first log-in
     */
    @RegisterForReflection
    public record HostKeyView(String type, String fingerprint) {
    }

    /** The single machine of that result, with its host keys. */
    static MachineView details(TimedResult<PooledMachine> pool, boolean forAdmin) {
        PooledMachine pooled = pool.rows().getFirst();
        String keys = pooled.hostKeys();
        return of(pooled, pool.at(), forAdmin, HostKeys.of(keys == null ? "" : keys).stream()
                .map(key -> new HostKeyView(key.type(), key.fingerprint())).toList());
    }

    static List<MachineView> of(TimedResult<PooledMachine> pool, boolean forAdmin) {
        return pool.rows().stream().map(pooled -> of(pooled, pool.at(), forAdmin, null)).toList();
    }

    /** The single machine of that result, without its host keys, as a registration shows it. */
    static MachineView registered(TimedResult<PooledMachine> pool) {
        return of(pool, true).getFirst();
    }

    private static MachineView of(PooledMachine pooled, Instant at, boolean forAdmin, List<HostKeyView> hostKeys) {
        return new MachineView(pooled.name(), pooled.host(), pooled.port(), pooled.sshUser(),
                pooled.reservation() != null,
                pooled.ownerName(), pooled.reservedUntil(), name(pooled.state(at)), pooled.enabled(),
                pooled.sharedHost(), pooled.groups(), pooled.labels(), forAdmin ? pooled.lastSeenAt() : null,
                forAdmin ? pooled.reason(at).orElse(null) : null, hostKeys,
                MachineFactsView.of(pooled.facts(), pooled.factsAt()), null);
    }

    /**
     * What counts for the {@code ETag}: not the time of the last probe and not the facts, or an If-Match would fail after
     * each probe. The labels that probes set count, since they change only with what is found.
     */
    MachineView forETag() {
        return new MachineView(name, host, port, user, reserved, reservedBy, reservedUntil, state, enabled, sharedHost,
                groups, labels, null, reason, hostKeys, null, warning);
    }

    MachineView withWarning(Optional<String> text) {
        return new MachineView(name, host, port, user, reserved, reservedBy, reservedUntil, state, enabled, sharedHost,
                groups, labels, lastSeenAt,
                reason, hostKeys, facts, text.orElse(null));
    }

    private static String name(MachineState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
