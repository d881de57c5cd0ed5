package io.machinemanager.api.user;

import java.util.List;

import io.machinemanager.api.input.FieldCheck;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.ssh.SshPublicKeys;
import io.machinemanager.user.NewSshKey;

/**
 * The SSH public keys that a user is to have from now on.
 *
 * @param keys all keys, at most 10; an empty list for none
 */
public record SshKeysUpdate(List<SshKeyOfUpdate> keys) {

    /**
     * One of the keys.
     *
     * @param name its name, unique among the user's keys
     * @param publicKey the key, as it stands in {@code id_ed25519.pub}; a comment is dropped
     */
    public record SshKeyOfUpdate(String name, String publicKey) {

        /** Leaves the key out: it may be a private one by mistake. */
        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * The keys.
     *
     * @throws InvalidRequestException when one is missing or not valid, or there are too many
     */
    List<NewSshKey> toKeys() {
        new FieldCheck().required("keys", keys).orThrow();
        if (keys.size() > SshPublicKeys.MAX_KEYS) {
            throw refused("A user has at most %d SSH keys, and these are %d.".formatted(SshPublicKeys.MAX_KEYS,
                    keys.size()));
        }
        keys.forEach(key -> {
            if (key == null || key.name() == null || key.publicKey() == null) {
                throw refused("Each of the keys needs a name and a public_key.");
            }
        });
        return keys.stream().map(key -> NewSshKey.of(key.name(), key.publicKey())).toList();
    }

    private static InvalidRequestException refused(String problem) {
        return new InvalidRequestException(problem, List.of("keys"));
    }
}
