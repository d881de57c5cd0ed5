package io.machinemanager.reservation;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

import io.machinemanager.account.AccountPassword;

/**
 * A checked call that reserves machines, with all that takes long to compute, so that the transaction that admits it is
 * short.
 *
 * @param spec what is asked for
 * @param key the idempotency key; null for none
 * @param passwordHash the crypt hash of the accounts' password, or {@link AccountPassword#NONE}
 * @param publicKeys the keys that may log in, one a line; null for none
 * @param generated the password that was generated; null when the caller gave a password or a key
 * @param claim the claim under which this call makes the accounts
 * @param admittedAs the id of the request once the transaction that admits it has begun to write; 0 before
 */
record NewRequest(ReservationSpec spec, String key, String passwordHash, String publicKeys, String generated,
        UUID claim, AtomicLong admittedAs) {

    static NewRequest of(ReservationSpec spec, String key, String publicKeys) {
        String generated = spec.password() == null && publicKeys == null ? AccountPassword.generate() : null;
        String password = generated == null ? spec.password() : generated;
        return new NewRequest(spec, key, password == null ? AccountPassword.NONE : AccountPassword.hash(password),
                publicKeys, generated, UUID.randomUUID(), new AtomicLong());
    }

    /** The entity, without a state. */
    Request toRequest() {
        RequestOptions options = spec.options();
        Request request = new Request();
        request.ownerId = spec.requester().userId();
        request.ownerName = spec.requester().name();
        request.account = spec.account();
        request.machineCount = spec.count();
        request.durationMinutes = spec.minutes();
        request.selector = options.selector();
        request.machineNames = options.machines().isEmpty() ? null : String.join(",", options.machines());
        request.note = options.note();
        request.groupName = options.group();
        request.passwordHash = passwordHash;
        request.sshPublicKey = publicKeys;
        request.keepaliveMinutes = options.keepaliveMinutes();
        request.idempotencyKey = key;
        return request;
    }

    /** Omits the password, to keep it out of logs. */
    @Override
    public String toString() {
        return spec.toString();
    }
}
