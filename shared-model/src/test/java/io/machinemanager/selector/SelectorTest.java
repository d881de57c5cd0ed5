package io.machinemanager.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.database.HqlCondition;
import io.machinemanager.error.InvalidRequestException;

class SelectorTest {

    private static String of(int requirements) {
        return IntStream.range(0, requirements).mapToObj(i -> "k" + i).collect(Collectors.joining(","));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', nullValues = "-", textBlock = """
            a=b                   | a=b
            a==b                  | a=b
            a!=b                  | a!=b
            a in (c,b,c)          | a in (b,c)
            a in(b)               | a=b
            a notin (b)           | a!=b
            a notin (c,b)         | a notin (b,c)
            a                     | a
            !a                    | !a
            " a = b , ! c , d "   | a=b,!c,d
            "a  in ( b , c )"     | a in (b,c)
            "a\\tin\\r\\n(b)\\n"  | a=b
            a=                    | a=
            a!=,b                 | a!=,b
            a in (,)              | a=
            a in (b,)             | a in (,b)
            a in (,b)             | a in (,b)
            a=1,a=2               | a=1,a=2
            in                    | in
            !notin                | !notin
            in in (in,notin)      | in in (in,notin)
            notin notin (in,a)    | notin notin (a,in)
            notin=in              | notin=in
            mm/cores=8            | mm/cores=8
            example.com/x/Y_z-1=A | example.com/x/Y_z-1=A
            """)
    void theNormalisedTextMeansTheSame(String text, String normalised) {
        String written = text.replace("\\t", "\t").replace("\\r", "\r").replace("\\n", "\n");
        Selector selector = Selector.parse(written);

        assertThat(selector.text()).isEqualTo(normalised);
        assertThat(Selector.parse(selector.text())).isEqualTo(selector);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t\r\n " })
    void aBlankTextSelectsAllMachines(String text) {
        assertThat(Selector.parse(text)).isEqualTo(Selector.ALL).isEqualTo(Selector.parse(null));
        assertThat(Selector.ALL.matches(Map.of())).isTrue();
        assertThat(Selector.ALL.text()).isEmpty();
        assertThat(Selector.ALL.condition("m.id")).isEqualTo(HqlCondition.TRUE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            ,                 | 1  | a label name is expected, not ","
            a,                | 3  | a label name is expected, not the end
            a, ,b             | 4  | a label name is expected, not ","
            =b                | 1  | a label name is expected, not "="
            !=b               | 2  | a label name is expected, not "="
            !                 | 2  | a label name is expected, not the end
            !!a               | 2  | a label name is expected, not "!"
            in (a)            | 1  | a label name is expected before in
            a,notin(b)        | 3  | a label name is expected before notin
            a b               | 3  | =, ==, !=, in, notin, a comma or the end is expected, not "b"
            a IN (b)          | 3  | =, ==, !=, in, notin, a comma or the end is expected, not "I"
            a>5               | 2  | =, ==, !=, in, notin, a comma or the end is expected, not ">"
            a ! b             | 3  | =, ==, !=, in, notin, a comma or the end is expected, not "!"
            a(b)              | 2  | =, ==, !=, in, notin, a comma or the end is expected, not "("
            a===b             | 4  | a comma or the end is expected, not "="
            a=b c             | 5  | a comma or the end is expected, not "c"
            !a=b              | 3  | a comma or the end is expected, not "="
            a in (b))         | 9  | a comma or the end is expected, not ")"
            a in              | 5  | a set such as (a,b) is expected, not the end
            a in b            | 6  | a set such as (a,b) is expected, not "b"
            a in ()           | 7  | the set is empty, and needs a value
            a notin ( )       | 11 | the set is empty, and needs a value
            a in (b           | 8  | a comma or ) is expected, not the end
            a in (b c)        | 9  | a comma or ) is expected, not "c"
            a in (b=c)        | 8  | a comma or ) is expected, not "="
            -a                | 1  | a label name begins with a letter or a digit, not "-"
            a-=b              | 2  | a label name ends with a letter or a digit, not "-"
            a=.b              | 3  | a label value begins with a letter or a digit, not "."
            a in (b,c_)       | 10 | a label value ends with a letter or a digit, not "_"
            a=b/c             | 4  | a label value cannot contain "/"
            a='b'             | 3  | a label value cannot contain "'"
            a;b               | 2  | a label name cannot contain ";"
            a=${x}            | 3  | a label value cannot contain "$"
            a={{x}}           | 3  | a label value cannot contain "{"
            größe=1           | 3  | a label name cannot contain U+00F6
            a=b\\u00a0        | 4  | a label value cannot contain U+00A0
            a=b\\u0000        | 4  | a label value cannot contain U+0000
            a\\u2028=b        | 2  | a label name cannot contain U+2028
            a=１              | 3  | a label value cannot contain U+FF11
            """)

    void aWrongSelectorIsAnErrorThatPointsAtThePlace(String text, int position, String problem) {
        String written = text.replace("\\u00a0", "\u00a0").replace("\\u0000", "\0").replace("\\u2028", "\u2028");

        assertWrong(written, position, problem);
    }

    private static void assertWrong(String text, int position, String problem) {
        assertThatThrownBy(() -> Selector.parse(text)).isInstanceOfSatisfying(InvalidRequestException.class, wrong -> {
            assertThat(wrong).hasMessage("The selector is wrong at character %d: %s.".formatted(position, problem));
            assertThat(wrong.details()).isEqualTo(Map.of("fields", List.of("selector"), "position", position));
        });
    }

    @Test
    void aQuoteIsNotPartOfTheGrammar() {
        assertWrong("a=\"b\"", 3, "a label value cannot contain \"\"\"");
    }

    @Test
    void charactersBeyondTheFirstPlaneCountOnce() {
        assertWrong("a=b,\uD83D\uDE00", 5, "a label name cannot contain U+1F600");
        assertWrong("a=b\uD83D", 4, "a label value cannot contain U+D83D");
    }

    @Test
    void aSelectorHasUpTo1000Characters() {
        assertThat(Selector.parse(" ".repeat(999) + "a").text()).isEqualTo("a");
        assertWrong(" ".repeat(1000) + "a", 1001, "it has more than 1000 characters");
        assertWrong("\uD83D\uDE00".repeat(1000), 1, "a label name cannot contain U+1F600");
        assertWrong("a".repeat(10_000_000), 1001, "it has more than 1000 characters");
    }

    @Test
    void aSelectorHasUpTo16Requirements() {
        assertThat(Selector.parse(of(16)).requirements()).hasSize(16);
        assertWrong(of(17), of(16).length() + 2, "it has more than 16 requirements");
    }

    @Test
    void namesAndValuesHaveUpTo63Characters() {
        String longest = "a".repeat(63);
        assertThat(Selector.parse(longest + "=" + longest).text()).isEqualTo(longest + "=" + longest);
        assertWrong("x," + longest + "a", 66, "a label name has at most 63 characters");
        assertWrong("x=" + longest + "a", 66, "a label value has at most 63 characters");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            os=debian          | true
            os=alpine          | false
            os==               | false
            gpu=               | true
            gpu!=              | false
            none=              | false
            os!=alpine         | true
            os!=debian         | false
            none!=x            | true
            os in (a,debian)   | true
            os in (a,b)        | false
            none in (a,b)      | false
            os notin (a,b)     | true
            os notin (debian,) | false
            none notin (a)     | true
            os                 | true
            gpu                | true
            none               | false
            OS                 | false
            !os                | false
            !none              | true
            os=debian,gpu      | true
            os=debian,!gpu     | false
            os=Debian          | false
            """)
    void aMachineIsSelectedWhenItFulfilsAllRequirements(String selector, boolean selected) {
        assertThat(Selector.parse(selector).matches(Map.of("os", "debian", "gpu", ""))).isEqualTo(selected);
    }

    @Test
    void valuesAreParametersAndNeverPartOfTheQuery() {
        HqlCondition condition = Selector.parse("a=x,b in (y,z),!c").condition("machine.id");

        assertThat(condition.hql()).startsWith("exists (").contains("machineId = machine.id");
        assertThat(condition.parameters()).containsOnly(Map.entry("selectorName0", "a"),
                Map.entry("selectorValues0", List.of("x")), Map.entry("selectorName1", "b"),
                Map.entry("selectorValues1", List.of("y", "z")), Map.entry("selectorName2", "c"));
    }
}
