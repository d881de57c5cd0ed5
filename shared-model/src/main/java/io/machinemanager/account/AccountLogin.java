package io.machinemanager.account;

/**
 * How the user of a reserved machine logs in to the account.
 *
 * @param passwordHash the crypt hash ({@code $6$…}) of the password, or {@link AccountPassword#NONE}
 * @param publicKeys the keys for log-ins, one {@code type base64} a line, see {@link io.machinemanager.ssh.SshPublicKeys};
 *        null for none
 * @param sudo whether the account may become root
 * @param closed whether no log-in works until the account gets an end ({@link AccountTask.Action#END}), while the machine
 *        is prepared
 */
public record AccountLogin(String passwordHash, String publicKeys, boolean sudo, boolean closed) {

    /** A log-in that works as soon as the account is made. */
    public AccountLogin(String passwordHash, String publicKeys, boolean sudo) {
        this(passwordHash, publicKeys, sudo, false);
    }

    /** The same for an account that is closed at first. */
    public AccountLogin closedAtFirst() {
        return new AccountLogin(passwordHash, publicKeys, sudo, true);
    }

    /** Without the hash, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "%s%s%s%s".formatted(passwordHash.equals(AccountPassword.NONE) ? "" : "password ",
                publicKeys == null ? "" : "key ", sudo ? "sudo " : "", closed ? "closed" : "");
    }
}
