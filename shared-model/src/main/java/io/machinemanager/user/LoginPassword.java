package io.machinemanager.user;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The rule for passwords of users. */
public final class LoginPassword {

    /** bcrypt ignores all further bytes, so two passwords that differ only there would be the same. */
    static final int MAX_BYTES = 72;

    private LoginPassword() {
    }

    /** Why a password is not valid, as one sentence; empty when it is. */
    public static Optional<String> problemWith(String password) {
        int bytes = password.getBytes(StandardCharsets.UTF_8).length;
        return bytes >= 1 && bytes <= MAX_BYTES && password.indexOf('\0') < 0
                ? Optional.empty()
                : Optional.of("A password has 1 to %d bytes in UTF-8 and no NUL character.".formatted(MAX_BYTES));
    }
}
