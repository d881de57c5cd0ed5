package io.machinemanager.ssh;

/** The rule for the text of a password, of a machine or of an account on one. */
public final class PasswordText {

    private PasswordText() {
    }

    /**
     * Tells whether a text can be a password: not empty, without control characters, and without half of a surrogate pair,
     * which has no form in UTF-8.
     *
     * @param maxLength the greatest number of UTF-16 characters
     */
    public static boolean isAllowed(String password, int maxLength) {
        return !password.isEmpty() && password.length() <= maxLength
                && password.codePoints().noneMatch(PasswordText::isForbidden);
    }

    private static boolean isForbidden(int character) {
        return Character.isISOControl(character) || Character.getType(character) == Character.SURROGATE;
    }
}
