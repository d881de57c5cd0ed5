package io.machinemanager.ssh;

/**
 * What we log in to a machine with: a password, a private key, or both, in which case the key is for the log-in and the
 * password for sudo.
 *
 * @param password any text without control characters; null when there is a key
 * @param privateKey PEM text without a passphrase; null when there is a password
 */
public record SshCredentials(String password, String privateKey) {

    /** A password alone. */
    public static SshCredentials password(String password) {
        return new SshCredentials(password, null);
    }

    /** Tells which of the two is used to log in, and shows neither. */
    @Override
    public String toString() {
        return privateKey == null ? "a password" : "a private key";
    }
}
