package io.machinemanager.selector;

import java.util.regex.Pattern;

/** The rules for names and values of labels, which are those of Kubernetes, with any number of slashes in a name. */
public final class LabelSyntax {

    /** The most characters of a name, and of a value. */
    public static final int MAX_LENGTH = 63;

    /** The rule for names as a sentence. */
    public static final String NAME_RULE = "A label name has 1 to 63 characters of A-Z, a-z, 0-9, ., _, - and /,"
            + " the first and the last a letter or a digit.";

    /** The rule for values as a sentence. */
    public static final String VALUE_RULE = "A label value has up to 63 characters of A-Z, a-z, 0-9, ., _ and -,"
            + " the first and the last a letter or a digit.";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?");
    private static final Pattern VALUE = Pattern.compile("([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?");

    private LabelSyntax() {
    }

    /** Whether a text can be the name of a label. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /** Whether a text can be the value of a label; an empty one can. */
    public static boolean isValue(String text) {
        return VALUE.matcher(text).matches();
    }

    static boolean isAlphanumeric(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
