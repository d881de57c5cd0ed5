package io.machinemanager.account.ssh;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

import io.machinemanager.account.process.BoundedOutput;

/**
 * Finds the answer of the account script in the output of a command, however much the machine's shell start files add to
 * it. The script begins by printing a line with a nonce, which nothing on the machine can know before. The first answer
 * after that line counts.
 */
final class AnswerOutput extends OutputStream {

    private static final String START = "MM-START ";
    private static final String MARK = "MM-RESULT ";
    // Limits in characters, and of a line in bytes.
    private static final int MAX_ANSWER = 600;
    private static final int MAX_LIST = 40_000;
    private static final int MAX_LINE = 64 * 1024;

    private final String start;
    private final byte[] line = new byte[MAX_LINE];
    private final BoundedOutput all;
    private int length;
    private boolean begun;
    private String answer = "";

    /**
     * @param nonce random letters, digits and hyphens, new for each command
     * @param maxOther how many bytes are kept of the output that is not the answer
     */
    AnswerOutput(String nonce, int maxOther) {
        this.start = START + nonce;
        this.all = new BoundedOutput(maxOther);
    }

    /** The command that goes to the machine as the first line of the script, and prints the start line. */
    static String startLine(String nonce) {
        return "printf '\\n" + START + "%s\\n' " + nonce + "\n";
    }

    @Override
    public void write(int value) {
        if (length < MAX_LINE) {
            line[length++] = (byte) value;
        }
        all.write(value);
        if (value == '\n') {
            endLine();
        }
    }

    private void endLine() {
        String text = new String(line, 0, length, StandardCharsets.UTF_8).strip();
        length = 0;
        if (!begun) {
            begun = text.equals(start);
        } else if (answer.isEmpty() && text.startsWith(MARK)) {
            answer = text.substring(MARK.length()).strip();
        }
    }

    /** Whether the script has begun its work. */
    boolean hasBegun() {
        return begun;
    }

    /** The answer of the script, cut off when it is too long; empty while there is none. */
    String answer() {
        int kept = answer.startsWith("FOUND ") ? MAX_LIST : MAX_ANSWER;
        return answer.substring(0, Math.min(answer.length(), kept));
    }

    /** The end of the output without the lines of the script. */
    String otherOutput() {
        return all.toString(StandardCharsets.UTF_8).lines()
                .filter(Predicate.not(text -> text.startsWith(START) || text.startsWith(MARK)))
                .reduce("", (before, text) -> before + "\n" + text).strip();
    }
}
