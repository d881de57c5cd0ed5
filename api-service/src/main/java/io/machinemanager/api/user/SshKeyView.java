package io.machinemanager.api.user;

import java.time.Instant;

import io.machinemanager.ssh.SshPublicKey;
import io.machinemanager.user.UserSshKey;

/**
 * An SSH public key of a user.
 *
 * @param name its name, unique among the user's keys
 * @param type such as {@code ssh-ed25519}
 * @param fingerprint as {@code ssh-keygen -l} shows it
 * @param publicKey the key as a line of {@code authorized_keys}, without a comment
 * @param createdAt since when the user has the key under this name
 */
public record SshKeyView(String name, String type, String fingerprint, String publicKey, Instant createdAt) {

    static SshKeyView of(UserSshKey kept) {
        SshPublicKey key = kept.key();
        return new SshKeyView(kept.name, key.type(), key.fingerprint(), key.line(), kept.createdAt);
    }
}
