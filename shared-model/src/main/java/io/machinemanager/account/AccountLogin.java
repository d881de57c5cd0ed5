package io.machinemanager.account;

/**
 * How the user of a reserved machine logs in to the account.
 *
 * @param passwordHash the crypt hash ({@code $6$…}) of the password, or {@link AccountPassword#NONE}
 * @param publicKeys the keys for log-ins, one {@code type base64} a line, see {@link io.machinemanager.ssh.SshPublicKeys};
 *        null for none
 * @param sudo whether the account may become root
 */
public record AccountLogin(String passwordHash, String publicKeys, boolean sudo) {

    /** Without the hash, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "%s%s%s".formatted(passwordHash.equals(AccountPassword.NONE) ? "" : "password ",
                publicKeys == null ? "" : "key ", sudo ? "sudo" : "");
    }
}
