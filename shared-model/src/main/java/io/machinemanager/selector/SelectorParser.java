package io.machinemanager.selector;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.selector.Requirement.Operator;

/**
 * Reads the text of a selector. Spaces, tabs and line ends may be between all parts. A word that stands where a name or a value
 * belongs is one, also {@code in} and {@code notin}.
 */
final class SelectorParser {

    private static final String SPACES = " \t\r\n";
    private static final String SPECIAL = "=!(),<>";
    private static final String END_OF_REQUIREMENT = "a comma or the end";

    private final String text;
    private int at;

    SelectorParser(String text) {
        this.text = text;
    }

    List<Requirement> parse() {
        if (text.codePointCount(0, text.length()) > Selector.MAX_LENGTH) {
            throw problem(text.offsetByCodePoints(0, Selector.MAX_LENGTH),
                    "it has more than %d characters".formatted(Selector.MAX_LENGTH));
        }
        List<Requirement> found = new ArrayList<>();
        if (isEnd()) {
            return found;
        }
        do {
            if (found.size() == Selector.MAX_REQUIREMENTS) {
                throw problem(at, "it has more than %d requirements".formatted(Selector.MAX_REQUIREMENTS));
            }
            found.add(requirement());
        } while (take(","));
        if (!isEnd()) {
            throw expected(END_OF_REQUIREMENT);
        }
        return found;
    }

    private Requirement requirement() {
        if (take("!")) {
            return new Requirement(name(), Operator.NOT_EXISTS, new TreeSet<>());
        }
        String name = name();
        if (take("==") || take("=")) {
            return new Requirement(name, Operator.IN, new TreeSet<>(Set.of(value())));
        }
        if (take("!=")) {
            return new Requirement(name, Operator.NOT_IN, new TreeSet<>(Set.of(value())));
        }
        if (isEnd() || text.charAt(at) == ',') {
            return new Requirement(name, Operator.EXISTS, new TreeSet<>());
        }
        int start = at;
        String word = word();
        if (word.equals("in")) {
            return new Requirement(name, Operator.IN, set());
        }
        if (word.equals("notin")) {
            return new Requirement(name, Operator.NOT_IN, set());
        }
        at = start;
        throw expected("=, ==, !=, in, notin, " + END_OF_REQUIREMENT);
    }

    private SortedSet<String> set() {
        if (!take("(")) {
            throw expected("a set such as (a,b)");
        }
        skipSpaces();
        if (at < text.length() && text.charAt(at) == ')') {
            throw problem(at, "the set is empty, and needs a value");
        }
        SortedSet<String> values = new TreeSet<>();
        do {
            values.add(value());
        } while (take(","));
        if (!take(")")) {
            throw expected("a comma or )");
        }
        return values;
    }

    private String name() {
        skipSpaces();
        int start = at;
        String word = word();
        boolean isOperator = word.equals("in") || word.equals("notin");
        if (isOperator && !isEnd() && text.charAt(at) == '(') {
            throw problem(start, "a label name is expected before %s".formatted(word));
        }
        at = start;
        if (word.isEmpty()) {
            throw expected("a label name");
        }
        check(word, "._-/", "a label name");
        at += word.length();
        return word;
    }

    /** A value, which may be empty. */
    private String value() {
        skipSpaces();
        int start = at;
        String word = word();
        at = start;
        check(word, "._-", "a label value");
        at += word.length();
        return word;
    }

    /** Checks the word that begins here, and points at its first wrong character. */
    private void check(String word, String punctuation, String what) {
        int end = at + word.length();
        for (int i = at; i < end; i++) {
            char c = text.charAt(i);
            if (!LabelSyntax.isAlphanumeric(c) && punctuation.indexOf(c) < 0) {
                throw problem(i, "%s cannot contain %s".formatted(what, characterAt(i)));
            }
        }
        if (word.length() > LabelSyntax.MAX_LENGTH) {
            throw problem(at + LabelSyntax.MAX_LENGTH,
                    "%s has at most %d characters".formatted(what, LabelSyntax.MAX_LENGTH));
        }
        if (!word.isEmpty() && !LabelSyntax.isAlphanumeric(word.charAt(0))) {
            throw problem(at, "%s begins with a letter or a digit, not %s".formatted(what, characterAt(at)));
        }
        if (!word.isEmpty() && !LabelSyntax.isAlphanumeric(text.charAt(end - 1))) {
            throw problem(end - 1, "%s ends with a letter or a digit, not %s".formatted(what, characterAt(end - 1)));
        }
    }

    private String word() {
        int start = at;
        while (at < text.length() && (SPACES + SPECIAL).indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(start, at);
    }

    private boolean take(String symbol) {
        skipSpaces();
        boolean found = text.startsWith(symbol, at);
        at += found ? symbol.length() : 0;
        return found;
    }

    private boolean isEnd() {
        skipSpaces();
        return at == text.length();
    }

    private void skipSpaces() {
        while (at < text.length() && SPACES.indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private InvalidRequestException expected(String what) {
        return problem(at, "%s is expected, not %s".formatted(what, characterAt(at)));
    }

    private InvalidRequestException problem(int index, String what) {
        int position = text.codePointCount(0, index) + 1;
        return new InvalidRequestException("The selector is wrong at character %d: %s.".formatted(position, what),
                List.of("selector"), position);
    }

    /** Names a character without repeating one that a terminal or a log may not show as it is. */
    private String characterAt(int index) {
        if (index == text.length()) {
            return "the end";
        }
        int character = text.codePointAt(index);
        return character > ' ' && character < 0x7f
                ? "\"%c\"".formatted(character)
                : "U+%04X".formatted(character);
    }
}
