package io.machinemanager.ssh;

/**
 * What the service logs in to a machine with: a password, a private key, or both. With both, the key is for the log-in and
 * the password for sudo.
 *
 * @param password any text without control characters; null when there is only a key
 * @param privateKey PEM text without a passphrase; null when there is only a password
 */
public record SshCredentials(String password, String privateKey) {

    /** Credentials of a password alone. */
    public static SshCredentials password(String password) {
        return new SshCredentials(password, null);
    }

    /** Says which of the two is used for the log-in, and shows neither. */
    @Override
    public String toString() {
        return privateKey == null ? "a password" : "a private key";
    }
}
