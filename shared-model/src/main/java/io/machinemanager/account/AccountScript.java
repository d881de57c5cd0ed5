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
public final class AccountScript {

    /** The script's place among the resources. */
    public static final String RESOURCE = "account.sh";

    // What comes before the mark is for sudo, which reads a password only when it wants one.
    private static final String BEGIN = "MM-BEGIN";

    private static final String SHELL = "/bin/sh -c 'while IFS= read -r mm_line && [ \"$mm_line\" != " + BEGIN
            + " ]; do :; done; IFS= read -r mm_action; IFS= read -r mm_account; IFS= read -r mm_token;"
            + " IFS= read -r mm_hash; IFS= read -r mm_limit; IFS= read -r mm_key; IFS= read -r mm_sudo;"
            + " IFS= read -r mm_first_uid; IFS= read -r mm_last_uid; eval \"$(cat)\"'";

    // The machine's own limits must be over before ours is, so that it still can say what went wrong.
    private static final double SHARE_OF_MACHINE = 2.0 / 3;

    private static final Pattern HASH = Pattern.compile("\\$6\\$[./0-9A-Za-z]{1,16}\\$[./0-9A-Za-z]{86}");
    private static final Pattern KEY = Pattern.compile("[a-z0-9@.-]{1,64} [A-Za-z0-9+/]{1,8192}={0,2}");
    private static final AccountLogin NO_LOGIN = new AccountLogin("", null, false);
    private static final long LARGEST_TOKEN = 999_999_999_999_999_999L;

    private AccountScript() {
    }

    /**
     * The command that the log-in runs.
     *
     * @return one of three constants: with sudo for everybody but root
     */
    public static String command(Target target) {
        if (isRoot(target)) {
            return SHELL;
        }
        // With a key and no password there is nothing that sudo could read.
        return (target.login().password() == null ? "sudo -n -- " : "sudo -S -p '' -- ") + SHELL;
    }

    /**
     * What goes to the command's standard input before the text of the script.
     *
     * @param task a task without {@linkplain #problemWith(AccountTask) problem}
     * @return lines, each with its end
     */
    public static String input(AccountTask task, ScriptLimits limits) {
        AccountLogin login = task.login() == null ? NO_LOGIN : task.login();
        var lines = List.of(BEGIN, task.action().name(), task.account(), Long.toString(task.token()),
                login.passwordHash(), Long.toString(limits.time().toSeconds()),
                login.publicKey() == null ? "" : login.publicKey(), login.sudo() ? "sudo" : "",
                Integer.toString(limits.firstUid()), Integer.toString(limits.lastUid()));
        String input = String.join("\n", lines) + "\n";
        String password = task.target().login().password();
        return isRoot(task.target()) || password == null ? input : password + "\n" + input;
    }

    /** How long a machine may take, of the time that a run may take; in whole seconds. */
    static Duration shareOf(Duration runTimeout) {
        return Duration.ofSeconds(Math.round(runTimeout.toMillis() / 1000.0 * SHARE_OF_MACHINE));
    }

    /** The text of the script, which follows the input. */
    public static byte[] text() {
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
        return AccountName.problemWith(task.account()).or(() -> task.action() == AccountTask.Action.CREATE
                ? problemWith(task.login())
                : Optional.empty());
    }

    private static Optional<String> problemWith(AccountLogin login) {
        if (login == null || !HASH.matcher(login.passwordHash()).matches()
                && !(login.passwordHash().equals(AccountPassword.NONE) && login.publicKey() != null)) {
            return Optional.of("The password hash is not a SHA-512 crypt.");
        }
        return login.publicKey() == null || KEY.matcher(login.publicKey()).matches()
                ? Optional.empty()
                : Optional.of("The SSH public key is not a type and base64.");
    }

    private static boolean isRoot(Target target) {
        return target.user().equals("root");
    }
}
