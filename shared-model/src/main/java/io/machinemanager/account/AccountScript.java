package io.machinemanager.account;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.machinemanager.ssh.SshPublicKeys;

/**
 * How the account script gets to a machine: a constant command runs it, and all values are lines on its standard input.
 * So no value is ever code for a shell, and no process list, here or on the machine, shows a password or a hash.
 */
public final class AccountScript {

    /** The name of the script in the resource folder {@code account}. */
    public static final String RESOURCE = "account.sh";

    // The password for sudo comes before this line. sudo reads it only when it needs one, and so the shell may see it too.
    private static final String BEGIN = "MM-BEGIN";

    private static final String SHELL = "/bin/sh -c 'while IFS= read -r mm_line && [ \"$mm_line\" != " + BEGIN
            + " ]; do :; done; IFS= read -r mm_action; IFS= read -r mm_account; IFS= read -r mm_token;"
            + " IFS= read -r mm_hash; IFS= read -r mm_limit; IFS= read -r mm_keys; IFS= read -r mm_sudo;"
            + " IFS= read -r mm_first_uid; IFS= read -r mm_last_uid; IFS= read -r mm_left; IFS= read -r mm_until;"
            + " IFS= read -r mm_request; IFS= read -r mm_grace; IFS= read -r mm_warnings;"
            + " IFS= read -r mm_closed;"
            + " mm_script=$(cat); eval \"$mm_script\"'";

    // The script must reach its own time limit before the caller stops waiting, so that it can still give the reason.
    private static final double SHARE_OF_SCRIPT = 2.0 / 3;

    private static final Pattern HASH = Pattern.compile("\\$6\\$[./0-9A-Za-z]{1,16}\\$[./0-9A-Za-z]{86}");
    private static final Pattern KEY = Pattern.compile("[a-z0-9@.-]{1,64} [A-Za-z0-9+/]{1,8192}={0,2}");
    private static final Pattern COMMENT_LINE = Pattern.compile("(?m)^ *(#.*)?\n");
    // The structure of the text, which a machine does not need.
    private static final Pattern INDENTATION = Pattern.compile("(?m)^ +");
    private static final List<String> NO_END = List.of("", "", "", "", "");
    private static final AccountLogin NO_LOGIN = new AccountLogin("", null, false);
    private static final Pattern GUARD_VERSION = Pattern.compile("(?m)^mm_guard_version=([0-9]+)$");
    private static final long MAX_TOKEN = 999_999_999_999_999_999L;

    private AccountScript() {
    }

    /**
     * The command to run on the machine.
     *
     * @return one of three constants: for root, for sudo with a password, and for sudo without one
     */
    public static String command(Target target) {
        if (isRoot(target)) {
            return SHELL;
        }
        // With a key and no password, sudo must not ask for one (-n).
        return (target.login().password() == null ? "sudo -n -- " : "sudo -S -p '' -- ") + SHELL;
    }

    /**
     * The standard input of the command, up to the text of the script.
     *
     * @param task a task without a {@linkplain #problemWith(AccountTask) problem}
     * @return lines, each with a newline; a secret, as it holds the password for sudo and the password hash
     */
    public static String input(AccountTask task, ScriptLimits limits) {
        AccountLogin login = task.login() == null ? NO_LOGIN : task.login();
        var lines = new ArrayList<>(List.of(BEGIN, task.action().name(), task.account(), Long.toString(task.token()),
                login.passwordHash(), Long.toString(limits.time().toSeconds()),
                login.publicKeys() == null ? "" : login.publicKeys().replace('\n', ','), login.sudo() ? "sudo" : "",
                Integer.toString(limits.firstUid()), Integer.toString(limits.lastUid())));
        lines.addAll(task.end().map(AccountEnd::lines).orElse(NO_END));
        lines.add(login.closed() ? "closed" : "");
        String input = String.join("\n", lines) + "\n";
        String password = task.target().login().password();
        return isRoot(task.target()) || password == null ? input : password + "\n" + input;
    }

    /** The time limit for the script within that of a run, in whole seconds. */
    static Duration timeLimitWithin(Duration runTimeout) {
        return Duration.ofSeconds(Math.round(runTimeout.toMillis() / 1000.0 * SHARE_OF_SCRIPT));
    }

    /**
     * The text of the script in ASCII, which follows the {@linkplain #input input}. It is without the lines that are only
     * a comment, and without indentation, so that the whole input, unless it has many long keys, fits into a pipe (64 KiB,
     * see pipe(7)).
     */
    public static byte[] text() {
        try (InputStream resource = AccountScript.class.getResourceAsStream("/account/" + RESOURCE)) {
            String text = new String(resource.readAllBytes(), StandardCharsets.US_ASCII);
            return INDENTATION.matcher(COMMENT_LINE.matcher(text).replaceAll("")).replaceAll("")
                    .getBytes(StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The version of the guard that the script starts. */
    public static long guardVersion() {
        Matcher version = GUARD_VERSION.matcher(new String(text(), StandardCharsets.US_ASCII));
        if (!version.find()) {
            throw new IllegalStateException("the account script has no guard version");
        }
        return Long.parseLong(version.group(1));
    }

    /** Says in one sentence why a task cannot be given to the script; empty when it can. */
    static Optional<String> problemWith(AccountTask task) {
        if (task.token() < 1 || task.token() > MAX_TOKEN) {
            return Optional.of("The fencing token is out of range.");
        }
        return AccountName.problemWith(task.account()).or(() -> switch (task.action()) {
            case CREATE -> problemWith(task.login());
            case PASSWORD -> problemWithPassword(task.login());
            case END, REMOVE, PROBE -> Optional.empty();
        });
    }

    private static Optional<String> problemWith(AccountLogin login) {
        boolean onlyKeys = login != null && login.passwordHash().equals(AccountPassword.NONE)
                && login.publicKeys() != null;
        return (onlyKeys ? Optional.<String>empty() : problemWithPassword(login))
                .or(() -> Optional.ofNullable(login.publicKeys()).flatMap(AccountScript::problemWithKeys));
    }

    private static Optional<String> problemWithPassword(AccountLogin login) {
        return login != null && HASH.matcher(login.passwordHash()).matches()
                ? Optional.empty()
                : Optional.of("The password hash is not a SHA-512 crypt.");
    }

    private static Optional<String> problemWithKeys(String keys) {
        List<String> lines = List.of(keys.split("\n", -1));
        return keys.length() <= SshPublicKeys.MAX_LENGTH && lines.size() <= SshPublicKeys.MAX_KEYS
                && lines.stream().allMatch(key -> KEY.matcher(key).matches())
                        ? Optional.empty()
                        : Optional.of("The SSH public keys are not 1 to %d lines of a type and base64."
                                .formatted(SshPublicKeys.MAX_KEYS));
    }

    private static boolean isRoot(Target target) {
        return target.user().equals("root");
    }
}
