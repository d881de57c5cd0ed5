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

/** The recorded host keys of one machine: they are all that counts, and nothing is ever learnt. */
final class SshHostKeys implements HostKeyRepository {

    private final List<SshPublicKey> keys;
    private String stranger = "";

    /** @param text one {@code type base64} a line */
    SshHostKeys(String text) {
        this.keys = HostKeys.of(text);
    }

    /** The signature algorithms to ask the machine for, so that it shows a key that is recorded; separated by commas. */
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
        stranger = new SshPublicKey("", base64).fingerprint();
        return CHANGED;
    }

    /** The fingerprint of the last key that was shown and is not recorded; empty when there was none. */
    String stranger() {
        return stranger;
    }

    @Override
    public void add(HostKey key, UserInfo user) {
        // A key that a machine shows is never taken over.
    }

    @Override
    public void remove(String host, String type) {
        // Nobody may make the client forget.
    }

    @Override
    public void remove(String host, String type, byte[] key) {
        // Nobody may make the client forget.
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
