package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.junit.jupiter.api.Test;

class HqlConditionTest {

    private static final HqlCondition ENABLED = new HqlCondition("m.enabled = true", Map.of());
    private static final HqlCondition NAMED = HqlCondition.of("m.name = :name", "name", "m1");
    private static final HqlCondition OWNED = HqlCondition.of("r.ownerId = :owner", "owner", 7L);

    @Test
    void conditionsAreJoinedWithTheirParameters() {
        assertThat(ENABLED.and(NAMED.or(OWNED))).isEqualTo(new HqlCondition(
                "m.enabled = true and (m.name = :name or r.ownerId = :owner)", Map.of("name", "m1", "owner", 7L)));
    }

    @Test
    void whatIsTrueForEachRowAddsNothing() {
        assertThat(HqlCondition.TRUE.and(NAMED)).isEqualTo(NAMED);
        assertThat(NAMED.and(HqlCondition.TRUE)).isEqualTo(NAMED);
        assertThat(HqlCondition.TRUE.and(HqlCondition.TRUE)).isEqualTo(HqlCondition.TRUE);
    }

    @Test
    void aValueThatIsNullStandsForAny() {
        assertThat(HqlCondition.unlessNull("m.name = :name", "name", null)).isEqualTo(HqlCondition.TRUE);
        assertThat(HqlCondition.unlessNull("m.name = :name", "name", "m1")).isEqualTo(NAMED);
    }
}
