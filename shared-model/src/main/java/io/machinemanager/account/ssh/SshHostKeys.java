package io.machinemanager.account.ssh;

import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.jcraft.jsch.HostKey;
import com.jcraft.jsch.HostKeyRepository;
import com.jcraft.jsch.UserInfo;

import io.machinemanager.ssh.HostKeys;
import io.machinemanager.ssh.SshPublicKey;

/** The recorded host keys of one machine: only they are accepted, and no other key is ever added. */
final class SshHostKeys implements HostKeyRepository {

    private final List<SshPublicKey> keys;
    private String unknownFingerprint = "";

    /** @param text one {@code type base64} a line */
    SshHostKeys(String text) {
        this.keys = HostKeys.of(text);
    }

    /**
     * The signature algorithms to offer, separated by commas, so that the machine shows a key that is recorded. RSA keys
     * sign with SHA-2 only (RFC 8332).
     */
    String algorithms() {
        return keys.stream().map(SshPublicKey::type).distinct()
                .flatMap(type -> type.equals("ssh-rsa") ? Stream.of("rsa-sha2-512", "rsa-sha2-256") : Stream.of(type))
                .collect(Collectors.joining(","));
    }

    @Override
    public int check(String host, byte[] shown) {
        String base64 = Base64.getEncoder().encodeToString(shown);
        if (keys.stream().anyMatch(key -> key.base64().equals(base64))) {
            return OK;
        }
        unknownFingerprint = new SshPublicKey("", base64).fingerprint();
        return CHANGED;
    }

    /** The SHA-256 fingerprint of the last key that the machine showed and that is not recorded; empty when there was none. */
    String unknownFingerprint() {
        return unknownFingerprint;
    }

    @Override
    public void add(HostKey key, UserInfo user) {
        // A key that a machine shows is never recorded.
    }

    @Override
    public void remove(String host, String type) {
        // A recorded key is never removed.
    }

    @Override
    public void remove(String host, String type, byte[] key) {
        // A recorded key is never removed.
    }

    @Override
    public String getKnownHostsRepositoryID() {
        return "recorded host keys";
    }

    @Override
    public HostKey[] getHostKey() {
        return new HostKey[0];
    }

    @Override
    public HostKey[] getHostKey(String host, String type) {
        return new HostKey[0];
    }
}
