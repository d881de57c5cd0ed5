package io.machinemanager.account;

/**
 * How the user of a reserved machine logs in to the account.
 *
 * @param passwordHash the crypt hash ({@code $6$…}) of the password, or {@link AccountPassword#NONE}
 * @param publicKey a key for log-ins, {@code type base64}; null for none
 * @param sudo whether the account may become root
 */
public record AccountLogin(String passwordHash, String publicKey, boolean sudo) {

    /** Without the hash, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "%s%s%s".formatted(passwordHash.equals(AccountPassword.NONE) ? "" : "password ",
                publicKey == null ? "" : "key ", sudo ? "sudo" : "");
    }
}
