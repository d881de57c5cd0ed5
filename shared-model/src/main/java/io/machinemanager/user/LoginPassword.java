package io.machinemanager.user;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The rule for the passwords that users log in with. */
public final class LoginPassword {

    /** bcrypt reads no further, so that a longer password would fit all that begin like it. */
    static final int MAX_BYTES = 72;

    private LoginPassword() {
    }

    /** What is wrong with a password, as one sentence; nothing when it may be used. */
    public static Optional<String> problemWith(String password) {
        int bytes = password.getBytes(StandardCharsets.UTF_8).length;
        return bytes >= 1 && bytes <= MAX_BYTES && password.indexOf('\0') < 0
                ? Optional.empty()
                : Optional.of("A password has 1 to %d bytes in UTF-8 and no NUL character.".formatted(MAX_BYTES));
    }
}
