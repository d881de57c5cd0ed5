package io.machinemanager.account.ssh;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

import io.machinemanager.account.process.BoundedOutput;

/**
 * Finds the answer of the account script in what a command writes, however much the machine's shell start files add to it.
 * The script begins with a line that nothing on the machine can know before. The first answer after that line counts.
 */
public final class AnswerOutput extends OutputStream {

    private static final String START = "MM-START ";
    private static final String MARK = "MM-RESULT ";
    private static final int KEPT_OF_ANSWER = 600;
    private static final int KEPT_OF_LIST = 40_000;
    private static final int LONGEST_LINE = 64 * 1024;

    private final String start;
    private final byte[] line = new byte[LONGEST_LINE];
    private final BoundedOutput said;
    private int length;
    private boolean begun;
    private String answer = "";

    /**
     * @param nonce letters, digits and hyphens, others for each call
     * @param kept how many bytes are kept of what is not the answer
     */
    public AnswerOutput(String nonce, int kept) {
        this.start = START + nonce;
        this.said = new BoundedOutput(kept);
    }

    /** The first line of the script that goes to the machine, in whose output the start is then seen. */
    public static String startLine(String nonce) {
        return "printf '\\n" + START + "%s\\n' " + nonce + "\n";
    }

    @Override
    public void write(int value) {
        if (length < LONGEST_LINE) {
            line[length++] = (byte) value;
        }
        said.write(value);
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
    public boolean hasBegun() {
        return begun;
    }

    /** What the script answered, cut off when it is too long; empty while there is no answer. */
    public String answer() {
        int kept = answer.startsWith("FOUND ") ? KEPT_OF_LIST : KEPT_OF_ANSWER;
        return answer.substring(0, Math.min(answer.length(), kept));
    }

    /** The end of what was written and is not of the script. */
    public String said() {
        return said.toString(StandardCharsets.UTF_8).lines()
                .filter(Predicate.not(text -> text.startsWith(START) || text.startsWith(MARK)))
                .reduce("", (before, text) -> before + "\n" + text).strip();
    }
}
