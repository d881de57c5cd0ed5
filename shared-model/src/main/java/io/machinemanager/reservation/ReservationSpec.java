package io.machinemanager.reservation;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

import io.machinemanager.account.AccountName;
import io.machinemanager.account.AccountPassword;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.ssh.SshPublicKeys;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A request for machines.
 *
 * @param requester the user who reserves
 * @param count how many machines, at least 1
 * @param minutes for how long, 1 to the most that the requester may have
 * @param account the account to make on each machine
 * @param password the account's password in clear, which is hashed and not kept; null to generate one, unless there is a
 *        key
 * @param sshPublicKey the public keys that may log in to the account, one a line; null for those of the requester when no
 *        password is given, and else for none
 * @param options which machines, whether to wait for them, and more
 */
@RegisterForReflection // stored as JSON for repeated requests
public record ReservationSpec(Requester requester, int count, int minutes, String account, String password,
        @JsonInclude(Include.NON_NULL) String sshPublicKey, RequestOptions options) {

    /** A request without a key, for any machines that are free now. */
    public ReservationSpec(Requester requester, int count, int minutes, String account, String password) {
        this(requester, count, minutes, account, password, null, RequestOptions.NONE);
    }

    /** The same request with these options. */
    public ReservationSpec with(RequestOptions other) {
        return new ReservationSpec(requester, count, minutes, account, password, sshPublicKey, other);
    }

    /**
     * Checks the values, except for the requester's limits.
     *
     * @param maxWaitMinutes the longest wait allowed
     * @throws InvalidRequestException when a value is not valid
     */
    void check(int maxWaitMinutes) {
        if (count < 1) {
            throw new InvalidRequestException("count must be at least 1.");
        }
        if (minutes < 1) {
            throw new InvalidRequestException("The duration must be at least 1 minute.");
        }
        AccountName.problemWith(account).ifPresent(ReservationSpec::refuse);
        if (password != null) {
            AccountPassword.problemWith(password).ifPresent(ReservationSpec::refuse);
        }
        publicKeyLines();
        options.check(maxWaitMinutes);
    }

    private static void refuse(String problem) {
        throw new InvalidRequestException(problem);
    }

    /**
     * The given public keys as lines of {@code authorized_keys}; null for none.
     *
     * @throws InvalidRequestException when they are not public keys
     */
    String publicKeyLines() {
        try {
            return sshPublicKey == null ? null : SshPublicKeys.parse(sshPublicKey);
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException(e.getMessage(), List.of("ssh_public_key"));
        }
    }

    /** Omits the password, to keep it out of logs. */
    @Override
    public String toString() {
        return "%d machines for %s, %d minutes, account %s".formatted(count, requester.name(), minutes, account);
    }
}
