package io.machinemanager.account;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.machinemanager.account.AccountResult.Outcome;

/**
 * What a machine answered to a task, whichever way the task went there.
 *
 * @param answer the answer of the account script, such as {@code DONE the account is ready}; empty when there is none
 * @param status the exit status of the remote command or of ssh; -1 when there is none
 * @param said what ssh, sudo or Ansible said of a failure
 */
record MachineAnswer(String answer, int status, String said) {

    private static final Pattern MARKED_ACCOUNT = Pattern
            .compile("(?<!\\S)([a-z_][a-z0-9_-]{0,31})=([1-9][0-9]{0,17})(?!\\S)");

    private static final Pattern FOUND = Pattern.compile("(?<list>|[^.]* )[.](?: (?<reason>.+))?");

    // By Ansible, whatever the machine was about, where ssh only says so of a log-in.
    private static final Pattern GIVEN_UP = Pattern.compile("in the expected time frame|timed out after [0-9]+ second");

    private static final Pattern FINGERPRINT = Pattern.compile("SHA256:[A-Za-z0-9+/]{43}");

    /** What ssh and sudo say, and what it means; the first that fits counts. Before the log-in nothing has changed. */
    private record Meaning(Pattern pattern, Outcome outcome, String reason) {
    }

    private static final List<Meaning> MEANINGS = List.of(
            new Meaning(
                    Pattern.compile(
                            "host identification has changed|host key verification failed|no .* host key is known for"),
                    Outcome.HOST_KEY_CHANGED, "The machine's SSH host key has changed."),
            unreachable(
                    "password has expired|password change required|required to change your password|password expired",
                    "The password to log in to the machine with has expired."),
            unreachable("account .*(has expired|is locked|is not available)|account is currently not available",
                    "The account to log in to the machine with is locked, expired or without a shell."),
            unreachable("incorrect password attempt|sorry, try again|sudo: .*(password is required|no password was)",
                    "The machine's sudo does not accept the password."),
            unreachable("not in the sudoers file|is not allowed to (run|execute)|may not run sudo",
                    "The account to log in to the machine with may not use sudo."),
            unreachable("you must have a tty to run sudo", "The machine's sudo asks for a terminal (requiretty)."),
            unreachable("sudo: (command )?not found|sudo: no such file",
                    "The machine has no sudo, and the account to log in with is not root."),
            unreachable("/bin/sh: .*no such file", "The machine has no /bin/sh."),
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
            unreachable("permission denied|incorrect password|authentication fail|too many authentication",
                    "The machine refuses the log-in: the user, the password or the key is wrong."),
            unreachable("kex_exchange_identification|ssh_exchange_identification|banner exchange|"
                    + "connection (closed|reset) by [^ ]+ port|invalid ssh identification",
                    "The machine closed the connection before the log-in."),
            unreachable("protocol error: no ssh",
                    "What answers on the machine's SSH port does not speak SSH properly."),
            new Meaning(Pattern.compile("closed by remote host|not responding|broken pipe|read from remote host|"
                    + "connection .*(reset|closed|lost)"), Outcome.FAILED,
                    "The connection to the machine was lost during the work."));

    private static Meaning unreachable(String pattern, String reason) {
        return new Meaning(Pattern.compile(pattern), Outcome.UNREACHABLE, reason);
    }

    /** What it means for work that changes the machine: when that was given up, something may have been done. */
    AccountResult resultOfWork() {
        AccountResult result = result();
        return answer.isEmpty() && GIVEN_UP.matcher(said.toLowerCase(Locale.ROOT)).find()
                ? new AccountResult(Outcome.FAILED, result.reason())
                : result;
    }

    /** What the answer means for the task. */
    AccountResult result() {
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
     * Reads {@code name=token} pairs up to a dot, and after it the reason why no new account would be of use, if there is
     * one. A machine could send anything, so whatever is not a pair is passed over. A list without its end tells nothing
     * for sure.
     */
    private static AccountResult found(String answer) {
        Matcher parts = FOUND.matcher(answer);
        if (!parts.matches()) {
            return new AccountResult(Outcome.FAILED, "The machine's list of our accounts has no end.");
        }
        Map<String, Long> accounts = new TreeMap<>();
        Matcher pairs = MARKED_ACCOUNT.matcher(parts.group("list"));
        while (pairs.find()) {
            accounts.put(pairs.group(1), Long.valueOf(pairs.group(2)));
        }
        String reason = parts.group("reason");
        return reason == null ? AccountResult.found(accounts) : AccountResult.unusable(sentence(reason), accounts);
    }

    private AccountResult failure() {
        String text = said.toLowerCase(Locale.ROOT);
        return MEANINGS.stream().filter(meaning -> meaning.pattern().matcher(text).find()).findFirst()
                .map(meaning -> new AccountResult(meaning.outcome(), meaning.reason() + shownKey(meaning.outcome())))
                .orElseGet(() -> new AccountResult(Outcome.FAILED,
                        "The machine gave no answer (exit status %d)%s.".formatted(status, lastLine())));
    }

    /** Lets an admin compare the key with that of the machine before accepting it. */
    private String shownKey(Outcome outcome) {
        Matcher shown = FINGERPRINT.matcher(said);
        return outcome == Outcome.HOST_KEY_CHANGED && shown.find() ? " It shows %s now.".formatted(shown.group()) : "";
    }

    /** What was said last, for a person who has to find out; it is foreign text, so it is short and of plain characters. */
    private String lastLine() {
        return said.lines().map(String::strip).filter(line -> !line.isEmpty()).reduce((first, last) -> last)
                .map(line -> ": " + line.substring(0, Math.min(line.length(), 160)).replaceAll("[^ -~]", "?")
                        .replaceAll("[.]$", ""))
                .orElse("");
    }

    /** A borrower with the rights of root can have the machine answer anything, nothing among it. */
    private static String sentence(String[] words) {
        return sentence(words.length < 2 ? "" : words[1]);
    }

    private static String sentence(String reason) {
        String text = reason.isBlank() ? "the machine gave no reason" : reason.strip();
        return Character.toUpperCase(text.charAt(0)) + text.substring(1) + (text.endsWith(".") ? "" : ".");
    }
}
