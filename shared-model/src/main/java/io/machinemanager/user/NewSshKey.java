package io.machinemanager.user;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.ssh.SshPublicKey;
import io.machinemanager.ssh.SshPublicKeys;

/**
 * An SSH public key that a user is to have.
 *
 * @param name its name, see {@link SshKeyName}
 * @param key the key
 */
public record NewSshKey(String name, SshPublicKey key) {

    private static final List<String> FIELDS = List.of("keys");

    /**
     * Reads a key.
     *
     * @param publicKey see {@link SshPublicKey#parse}
     * @throws InvalidRequestException when the name or the key is not allowed; without any of the text of the key, which
     *         may be a private one
     */
    public static NewSshKey of(String name, String publicKey) {
        SshKeyName.problemWith(name).ifPresent(NewSshKey::refuse);
        try {
            return new NewSshKey(name, SshPublicKey.parse(publicKey));
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("Key %s: %s".formatted(name, e.getMessage()), FIELDS);
        }
    }

    /**
     * Checks all keys of a user together.
     *
     * @throws InvalidRequestException when there are too many, or two have the same name or are the same
     */
    static void check(List<NewSshKey> keys) {
        try {
            SshPublicKeys.join(keys.stream().map(NewSshKey::key).toList());
        } catch (IllegalArgumentException e) {
            refuse(e.getMessage());
        }
        Map<String, NewSshKey> byName = new HashMap<>();
        Map<SshPublicKey, NewSshKey> byKey = new HashMap<>();
        for (NewSshKey key : keys) {
            if (byName.put(key.name(), key) != null) {
                refuse("Two keys are named %s.".formatted(key.name()));
            }
            NewSshKey same = byKey.put(key.key(), key);
            if (same != null) {
                refuse("%s and %s are the same key.".formatted(same.name(), key.name()));
            }
        }
    }

    private static void refuse(String problem) {
        throw new InvalidRequestException(problem, FIELDS);
    }
}
