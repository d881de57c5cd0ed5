package io.machinemanager.account;

/**
 * What the borrower of an account gets.
 *
 * @param passwordHash the crypt hash ({@code $6$…}) of the password, or {@link AccountPassword#NONE}
 * @param publicKey the key that also lets the borrower in, {@code type base64}; null for none
 * @param sudo whether the account may become root
 */
public record AccountLogin(String passwordHash, String publicKey, boolean sudo) {

    /** Leaves the hash out, so that it cannot reach a log by accident. */
    @Override
    public String toString() {
        return "%s%s%s".formatted(passwordHash.equals(AccountPassword.NONE) ? "" : "password ",
                publicKey == null ? "" : "key ", sudo ? "sudo" : "");
    }
}
