package io.machinemanager.account;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.machinemanager.account.AccountResult.Outcome;

/**
 * The answer of a machine to a task, from either driver.
 *
 * @param answer the answer of the account script, such as {@code DONE the account is ready}; empty when there is none
 * @param status the exit status of the remote command; {@link #NO_STATUS} when there is none, as when the connection was
 *        lost
 * @param stage how far the task came, and so which program wrote the diagnostics
 * @param diagnostics output that explains a failure: before the log-in of ssh or Ansible, later of the machine's shell
 *        and sudo
 */
public record MachineAnswer(String answer, int status, Stage stage, String diagnostics) {

    /** There is no exit status. */
    public static final int NO_STATUS = -1;

    /** How far a task came. */
    public enum Stage {
        /** There was no log-in, as far as is known. */
        BEFORE_LOG_IN,
        /** There was a log-in, but no output of the script. */
        LOGGED_IN,
        /** The script has started. */
        BEGUN
    }

    private static final Pattern MARKED_ACCOUNT = Pattern
            .compile("(?<!\\S)([a-z_][a-z0-9_-]{0,31})=([1-9][0-9]{0,17})(?:/(-?[0-9]{1,10}))?(?!\\S)");

    private static final Pattern FOUND = Pattern
            .compile("(?<list>|[^.]* )[.](?: \\{(?<facts>[^{}]*)\\})?(?: (?<reason>[^{].*))?");

    private static final Pattern FACT = Pattern.compile("(?<!\\S)([a-z_]{1,16})=(\\S{1,63})(?!\\S)");

    // Messages of Ansible, which may mean any step, while those of ssh are about the log-in only.
    private static final Pattern TIMED_OUT_AT_ANY_STEP = Pattern
            .compile("in the expected time frame|timed out after [0-9]+ second");

    private static final Pattern FINGERPRINT = Pattern.compile("SHA256:[A-Za-z0-9+/]{43}");

    /** What a line of the diagnostics means. */
    private record Meaning(Pattern pattern, Outcome outcome, String reason) {
    }

    private static final Meaning REFUSED = unreachable(
            "permission denied|incorrect password|authentication fail|too many authentication",
            "The machine refuses the log-in: the user, the password or the key is wrong.");

    private static final Meaning CLOSED = unreachable(
            "kex_exchange_identification|ssh_exchange_identification|banner exchange|"
                    + "connection (closed|reset) by [^ ]+ port|invalid ssh identification",
            "The machine closed the connection before the log-in.");

    /** Messages of ssh and Ansible when the log-in failed. The first pattern that matches a line counts. */
    private static final List<Meaning> LOG_IN_FAILURES = List.of(
            new Meaning(
                    Pattern.compile(
                            "host identification has changed|host key verification failed|no .* host key is known for"),
                    Outcome.HOST_KEY_CHANGED, "The machine's SSH host key has changed."),
            new Meaning(Pattern.compile("install the sshpass program|unable to find sshpass"), Outcome.NOT_STARTED,
                    "The sshpass program is missing where Machine Manager runs."),
            unreachable("could not resolve hostname|name or service not known|temporary failure in name resolution",
                    "The machine's host name is not found."),
            unreachable("connection refused", "The machine refuses the connection: nothing answers on its SSH port."),
            unreachable("no route to host|network is unreachable|host is down",
                    "There is no way to the machine through the network."),
            unreachable("timed out|in the expected time frame", "The machine does not answer in time."),
            unreachable("no matching (key exchange|cipher|mac|host key)",
                    "The machine's SSH server has no algorithm in common with the client."),
            REFUSED, CLOSED,
            unreachable("protocol error: no ssh",
                    "What answers on the machine's SSH port does not speak SSH properly."));

    /** Messages of the server about the account, just before it refuses a log-in or closes the connection. */
    private static final List<Meaning> ACCOUNT_FAILURES = List.of(
            unreachable(
                    "password has expired|password change required|required to change your password|password expired",
                    "The password to log in to the machine with has expired."),
            unreachable("account .*(has expired|is locked|is not available)|account is currently not available",
                    "The account to log in to the machine with is locked, expired or without a shell."));

    /** Messages of sshd before it closes a connection without a log-in. */
    private static final List<Meaning> REASONS_TO_CLOSE = List.of(
            unreachable("not allowed at this time",
                    "The machine's SSH server refuses connections from this service for a while (PerSourcePenalties);"
                            + " exempt the service's address with PerSourcePenaltyExemptList."),
            unreachable("exceeded maxstartups",
                    "The machine's SSH server has too many log-ins under way (MaxStartups)."));

    /** Messages of the machine after the log-in, when it does not run the script. */
    private static final List<Meaning> COMMAND_FAILURES = List.of(
            unreachable("incorrect password attempt|sorry, try again|sudo: .*(password is required|no password was)"
                    // the words before it may be missing: they can come in another packet
                    + "|\\ba password is required",
                    "The machine's sudo does not accept the password."),
            unreachable("not in the sudoers file|is not allowed to (run|execute)|may not run sudo",
                    "The account to log in to the machine with may not use sudo."),
            unreachable("you must have a tty to run sudo", "The machine's sudo asks for a terminal (requiretty)."),
            unreachable("sudo: (command )?not found|sudo: no such file",
                    "The machine has no sudo, and the account to log in with is not root."),
            unreachable("/bin/sh: .*no such file", "The machine has no /bin/sh."));

    private static Meaning unreachable(String pattern, String reason) {
        return new Meaning(Pattern.compile(pattern), Outcome.UNREACHABLE, reason);
    }

    /** The answer of a machine without a log-in. */
    public static MachineAnswer beforeLogIn(String diagnostics) {
        return new MachineAnswer("", NO_STATUS, Stage.BEFORE_LOG_IN, diagnostics);
    }

    /** The result of a task that changes the machine: after a time-out, something may have been changed. */
    public AccountResult resultOfWork() {
        AccountResult result = result();
        return answer.isEmpty() && stage == Stage.BEFORE_LOG_IN
                && TIMED_OUT_AT_ANY_STEP.matcher(diagnostics.toLowerCase(Locale.ROOT)).find()
                        ? new AccountResult(Outcome.FAILED, result.reason())
                        : result;
    }

    /** The result of a task that changes nothing. */
    public AccountResult result() {
        String[] words = answer.split(" ", 2);
        return switch (words[0]) {
            case "DONE" -> AccountResult.done();
            case "FOUND" -> found(words.length < 2 ? "" : words[1]);
            case "REFUSED" -> new AccountResult(Outcome.REFUSED, sentence(words));
            case "UNUSABLE" -> new AccountResult(Outcome.UNUSABLE, sentence(words));
            case "FAILED" -> new AccountResult(Outcome.FAILED, sentence(words));
            default -> failure();
        };
    }

    /**
     * Reads {@code name=token} or {@code name=token/seconds} up to a dot, after it facts about the machine in braces, and
     * then the reason why no new account would be of use, if there is one. A machine can send anything, so text that is not
     * a pair is skipped. A list without its end may be incomplete.
     */
    private static AccountResult found(String answer) {
        Matcher parts = FOUND.matcher(answer);
        if (!parts.matches()) {
            return new AccountResult(Outcome.FAILED, "The machine's list of our accounts has no end.");
        }
        Map<String, Long> accounts = new TreeMap<>();
        Map<String, Long> secondsLeft = new TreeMap<>();
        Matcher pairs = MARKED_ACCOUNT.matcher(parts.group("list"));
        while (pairs.find()) {
            accounts.put(pairs.group(1), Long.valueOf(pairs.group(2)));
            if (pairs.group(3) != null) {
                secondsLeft.put(pairs.group(1), Long.valueOf(pairs.group(3)));
            }
        }
        String reason = parts.group("reason");
        AccountResult result = reason == null
                ? AccountResult.found(accounts)
                : AccountResult.unusable(sentence(reason), accounts);
        return result.withSecondsLeft(secondsLeft).withFacts(facts(parts.group("facts")));
    }

    private static Map<String, String> facts(String list) {
        Map<String, String> facts = new TreeMap<>();
        Matcher pairs = FACT.matcher(list == null ? "" : list);
        while (pairs.find()) {
            facts.put(pairs.group(1), pairs.group(2));
        }
        return facts;
    }

    private AccountResult failure() {
        return switch (stage) {
            case BEFORE_LOG_IN -> logInFailure().map(this::resultOf).orElseGet(this::noAnswer);
            case LOGGED_IN -> status == NO_STATUS ? lost() : notRun();
            case BEGUN -> status == NO_STATUS ? lost() : noAnswer();
        };
    }

    /**
     * The last line with a known meaning is the cause. Earlier messages of the server, such as its banner, only explain why
     * it refused the log-in.
     */
    private Optional<Meaning> logInFailure() {
        Optional<Meaning> cause = lastOf(LOG_IN_FAILURES);
        return cause.filter(CLOSED::equals).flatMap(closed -> lastOf(REASONS_TO_CLOSE))
                .or(() -> cause.filter(List.of(CLOSED, REFUSED)::contains).flatMap(refused -> lastOf(ACCOUNT_FAILURES)))
                .or(() -> cause).or(() -> lastOf(ACCOUNT_FAILURES));
    }

    /** The meaning of the last line of the diagnostics that has one. */
    private Optional<Meaning> lastOf(List<Meaning> meanings) {
        return diagnostics.toLowerCase(Locale.ROOT).lines().map(line -> meanings.stream()
                .filter(meaning -> meaning.pattern().matcher(line).find()).findFirst())
                .flatMap(Optional::stream).reduce((first, last) -> last);
    }

    private AccountResult resultOf(Meaning meaning) {
        return new AccountResult(meaning.outcome(), meaning.reason() + shownKey(meaning.outcome()));
    }

    /**
     * Whether the log-in worked and the command did not run, for a reason that a new log-in may not meet. A refusal by sudo
     * is not such a reason: a further try would count as a further failure.
     */
    public boolean isNotRunForUnknownReason() {
        return answer.isEmpty() && stage == Stage.LOGGED_IN && status != NO_STATUS
                && lastOf(COMMAND_FAILURES).or(() -> lastOf(ACCOUNT_FAILURES)).isEmpty();
    }

    /** The script did not start, so nothing was changed. */
    private AccountResult notRun() {
        return lastOf(COMMAND_FAILURES).or(() -> lastOf(ACCOUNT_FAILURES)).map(this::resultOf)
                .orElseGet(() -> new AccountResult(Outcome.UNREACHABLE,
                        ("The machine takes the log-in and does not run "
                                + "the command (exit status %d)%s. A start file of the login shell may read its input, replace the "
                                + "shell or end it; or the SSH server forces another command.")
                                .formatted(status, lastLine())));
    }

    private static AccountResult lost() {
        return new AccountResult(Outcome.FAILED, "The connection to the machine was lost during the work.");
    }

    private AccountResult noAnswer() {
        return new AccountResult(Outcome.FAILED,
                "The machine gave no answer (exit status %d)%s.".formatted(status, lastLine()));
    }

    /** Shows the new key, so that an admin can compare it with that of the machine before accepting it. */
    private String shownKey(Outcome outcome) {
        Matcher shown = FINGERPRINT.matcher(diagnostics);
        return outcome == Outcome.HOST_KEY_CHANGED && shown.find() ? " It shows %s now.".formatted(shown.group()) : "";
    }

    /** The last line of the diagnostics, short and in plain characters, as it is foreign text. */
    private String lastLine() {
        return diagnostics.lines().map(String::strip).filter(line -> !line.isEmpty()).reduce((first, last) -> last)
                .map(line -> ": " + line.substring(0, Math.min(line.length(), 160)).replaceAll("[^ -~]", "?")
                        .replaceAll("[.]$", ""))
                .orElse("");
    }

    /** The reason after the first word. A user with sudo can make the machine answer anything, even no reason. */
    private static String sentence(String[] words) {
        return sentence(words.length < 2 ? "" : words[1]);
    }

    private static String sentence(String reason) {
        String text = reason.isBlank() ? "the machine gave no reason" : reason.strip();
        return Character.toUpperCase(text.charAt(0)) + text.substring(1) + (text.endsWith(".") ? "" : ".");
    }
}
