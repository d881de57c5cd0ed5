package io.machinemanager.account;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How the account script is brought to a machine: by a constant command, and everything that varies as lines on its
 * standard input. So no value is ever code for a shell, and no process list, here or there, shows a password or a hash.
 */
final class AccountScript {

    /** The script's place among the resources. */
    static final String RESOURCE = "account.sh";

    // What comes before the mark is for sudo, which reads a password only when it wants one.
    private static final String BEGIN = "MM-BEGIN";

    private static final String SHELL = "/bin/sh -c 'while IFS= read -r mm_line && [ \"$mm_line\" != " + BEGIN
            + " ]; do :; done; IFS= read -r mm_action; IFS= read -r mm_account; IFS= read -r mm_token;"
            + " IFS= read -r mm_hash; IFS= read -r mm_limit; eval \"$(cat)\"'";

    // The machine's own limits must be over before ours is, so that it still can say what went wrong.
    private static final double SHARE_OF_MACHINE = 2.0 / 3;

    private static final Pattern HASH = Pattern.compile("\\$6\\$[./0-9A-Za-z]{1,16}\\$[./0-9A-Za-z]{86}");
    private static final long LARGEST_TOKEN = 999_999_999_999_999_999L;

    private AccountScript() {
    }

    /**
     * The command that the log-in runs.
     *
     * @return one of two constants: with sudo for everybody but root
     */
    static String command(Target target) {
        return isRoot(target) ? SHELL : "sudo -S -p '' -- " + SHELL;
    }

    /**
     * What goes to the command's standard input before the text of the script.
     *
     * @param task a task without {@linkplain #problemWith(AccountTask) problem}
     * @param limit how long the caller waits for the answer, in whole seconds
     * @return lines, each with its end
     */
    static String input(AccountTask task, Duration limit) {
        var lines = List.of(BEGIN, task.action().name(), task.account(), Long.toString(task.token()),
                task.passwordHash() == null ? "" : task.passwordHash(), Long.toString(limit.toSeconds()));
        String input = String.join("\n", lines) + "\n";
        return isRoot(task.target()) ? input : task.target().password() + "\n" + input;
    }

    /** How long a machine may take, of the time that a run may take; in whole seconds. */
    static Duration shareOf(Duration runTimeout) {
        return Duration.ofSeconds(Math.round(runTimeout.toMillis() / 1000.0 * SHARE_OF_MACHINE));
    }

    /** The text of the script, which follows the input. */
    static byte[] text() {
        try (InputStream resource = AccountScript.class.getResourceAsStream("/account/" + RESOURCE)) {
            return resource.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What keeps a task from being a task for the script, as one sentence; nothing when all is well. */
    static Optional<String> problemWith(AccountTask task) {
        if (task.token() < 1 || task.token() > LARGEST_TOKEN) {
            return Optional.of("The fencing token is out of range.");
        }
        if (task.action() == AccountTask.Action.CREATE
                && (task.passwordHash() == null || !HASH.matcher(task.passwordHash()).matches())) {
            return Optional.of("The password hash is not a SHA-512 crypt.");
        }
        return AccountName.problemWith(task.account());
    }

    private static boolean isRoot(Target target) {
        return target.user().equals("root");
    }
}
