package io.machinemanager.api.reservation;

import java.util.List;

import io.machinemanager.account.AccountName;
import io.machinemanager.account.AccountPassword;
import io.machinemanager.api.input.QueryParameters;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.reservation.RequestOptions;
import io.machinemanager.reservation.Requester;
import io.machinemanager.reservation.ReservationSpec;
import io.machinemanager.user.UserStatus;

/**
 * A request for machines.
 *
 * @param count how many machines; 1 when it is left out
 * @param durationMinutes for how many minutes; 60 when it is left out
 * @param reservationPassword the account's password; one is generated when it and the key are left out, and the caller has
 *        no SSH keys
 * @param username the account to create on each machine; named like the caller when it is left out or empty
 * @param sshPublicKey a public key to log in with, as it stands in {@code id_ed25519.pub}, or up to 10, one a line
 * @param selector the labels that the machines must have, such as {@code os=debian,arch in (amd64,arm64)}
 * @param machines the names of the wanted machines; then {@code count} is their number
 * @param waitMinutes how long to wait in the queue when too few machines are free; 0 for not at all
 * @param keepaliveMinutes the request ends when it is not kept alive for so many minutes
 * @param note the purpose
 * @param group the group that it is charged to, when the caller is in several
 */
public record ReservationRequest(Integer count, Integer durationMinutes, String reservationPassword, String username,
        String sshPublicKey, String selector, List<String> machines, Integer waitMinutes, Integer keepaliveMinutes,
        String note, String group) {

    private static final int DEFAULT_COUNT = 1;
    private static final int DEFAULT_MINUTES = 60;

    /** The request of a client of the original, which always logs in with a password: without one it is generated here. */
    static ReservationRequest of(QueryParameters query) {
        return new ReservationRequest(query.number("count").orElse(null), query.number("duration").orElse(null),
                query.text("reservation_password").or(() -> query.text("password"))
                        .orElseGet(AccountPassword::generate),
                query.text("username").orElse(null), null, null, null, null, null, null, null);
    }

    ReservationSpec toSpec(UserStatus caller) {
        return new ReservationSpec(new Requester(caller.userId(), caller.username()),
                machineCount(), durationMinutes == null ? DEFAULT_MINUTES : durationMinutes,
                username == null || username.isEmpty() ? AccountName.madeOf(caller.username()) : username,
                reservationPassword, sshPublicKey, new RequestOptions(selector, machines,
                        waitMinutes == null ? 0 : waitMinutes, keepaliveMinutes, note, group));
    }

    private int machineCount() {
        boolean named = machines != null;
        if (named && machines.isEmpty()) {
            throw new InvalidRequestException("machines names at least one machine, or is left out.",
                    List.of("machines"));
        }
        if (named && count != null && count != machines.size()) {
            throw new InvalidRequestException("count must be the number of machines, or be left out.",
                    List.of("count", "machines"));
        }
        if (count != null) {
            return count;
        }
        return named ? machines.size() : DEFAULT_COUNT;
    }

    /** Leaves the password out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "%s machines, %s minutes, account %s".formatted(count, durationMinutes, username);
    }
}
