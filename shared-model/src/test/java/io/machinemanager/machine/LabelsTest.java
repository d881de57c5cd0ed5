package io.machinemanager.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.error.InvalidRequestException;

class LabelsTest {

    private static Map<String, String> labels(int count) {
        return IntStream.range(0, count).boxed().collect(Collectors.toMap(i -> "k" + i, i -> ""));
    }

    private static Map<String, String> removal(String... names) {
        Map<String, String> removal = new HashMap<>();
        Arrays.stream(names).forEach(name -> removal.put(name, null));
        return removal;
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "A1", "1", "example.com/gpu", "a/b/c", "a_b-c.d", "mm", "MM/x",
            "123456789012345678901234567890123456789012345678901234567890123" })
    void aNameIsValid(String name) {
        assertThat(Labels.problemWith(Map.of(name, ""))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "-a", "a-", "/a", "a/", "a b", "a=b", "a,b", "a\n", "größe", "a\"", "{{ a }}",
            "$(a)",
            "1234567890123456789012345678901234567890123456789012345678901234" })
    void aNameIsNotValid(String name) {
        assertThat(Labels.problemWith(Map.of(name, ""))).hasValueSatisfying(
                problem -> assertThat(problem).startsWith("A label name has 1 to 63 characters"));
        assertThat(Labels.problemWith(removal(name))).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "-a", "a.", "a/b", "a b", "a=b", "a,b", "a\n", "é", "'", "\0",
            "1234567890123456789012345678901234567890123456789012345678901234" })
    void aValueIsNotValid(String value) {
        assertThat(Labels.problemWith(Map.of("os", value))).hasValueSatisfying(
                problem -> assertThat(problem).startsWith("The value of the label os is not valid. A label value has"));
    }

    @Test
    void onlyTheServiceSetsAndRemovesItsLabels() {
        assertThat(Labels.problemWith(Map.of("mm/kernel", "6"))).hasValueSatisfying(
                problem -> assertThat(problem).contains("mm/kernel cannot be set or removed"));
        assertThat(Labels.problemWith(removal("mm/kernel"))).isPresent();
    }

    @Test
    void aChangeIsMergedAndNullRemoves() {
        Map<String, String> change = removal("gpu", "none");
        change.put("os", "alpine");
        change.put("rack", "");

        assertThat(Labels.merge(Map.of("os", "debian", "gpu", "", "mm/cores", "4"), change))
                .isEqualTo(Map.of("os", "alpine", "rack", "", "mm/cores", "4"));
    }

    @Test
    void anAdminSetsUpTo32LabelsBesideThoseOfTheService() {
        assertThat(Labels.problemWith(labels(32))).isEmpty();
        assertThat(Labels.problemWith(labels(33))).isPresent();
        Map<String, String> full = new HashMap<>(labels(32));
        full.put("mm/cores", "4");
        Map<String, String> exchange = removal("k0");
        exchange.put("other", "");
        assertThat(Labels.merge(full, exchange)).hasSize(33);
        assertThatThrownBy(() -> Labels.merge(full, Map.of("other", ""))).isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("at most 32 labels");
    }

    @Test
    void whatTheServiceFindsReplacesOnlyItsOwnLabels() {
        assertThat(Labels.replaceOfTheService(Map.of("os", "x", "mm/os", "debian", "mm/cores", "4"),
                Map.of("mm/cores", "8"))).isEqualTo(Map.of("os", "x", "mm/cores", "8"));
    }

    @Test
    void aDescriptionNamesWhatIsSetAndWhatIsRemoved() {
        Map<String, String> change = removal("gpu");
        change.put("os", "debian");
        assertThat(Labels.describe(change)).isEqualTo("gpu removed, os=debian");
    }
}
