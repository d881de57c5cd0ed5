package io.machinemanager.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.LimitReachedException;

class UserLimitsTest {

    private record Settings(int maxMachines, int maxMinutes, int maxQueued) implements LimitsConfig {
    }

    private static final LimitsConfig SETTINGS = new Settings(2, 60, 3);

    private static UserGroup group(String name, int machines, int minutes, int queued, int priority, int days) {
        UserGroup group = new UserGroup();
        group.name = name;
        group.maxMachines = machines;
        group.maxMinutes = minutes;
        group.maxQueued = queued;
        group.priority = priority;
        group.mayBookDaysAhead = days;
        return group;
    }

    private static UserLimits of(UserGroup... groups) {
        return UserLimits.of(List.of(groups), SETTINGS);
    }

    @Test
    void eachLimitIsTheHighestOfTheGroupsByItself() {
        UserLimits limits = of(group("students", 1, 600, 5, 10, 0), group("staff", 5, 30, 4, 7, 14));

        assertThat(limits.machines()).isEqualTo(new Limit(5, "staff"));
        assertThat(limits.minutes()).isEqualTo(new Limit(600, "students"));
        assertThat(limits.queued()).isEqualTo(new Limit(5, "students"));
        assertThat(limits.priority()).isEqualTo(10);
        assertThat(limits.mayBookDaysAhead()).isEqualTo(14);
        assertThat(limits.groups()).containsExactly("staff", "students");
    }

    @Test
    void noLimitIsHigherThanAnyLimit() {
        UserLimits limits = of(group("free", 0, 0, 0, 0, 0), group("big", 1_000_000, 1_000_000, 1_000_000, 0, 0));

        assertThat(limits.machines()).isEqualTo(new Limit(0, "free"));
        assertThat(limits.machines().isNone()).isTrue();
        assertThat(limits.longestMinutes()).isEqualTo(Integer.MAX_VALUE);
        assertThatCode(() -> limits.checkMachines(Long.MAX_VALUE / 2, Integer.MAX_VALUE)).doesNotThrowAnyException();
        assertThatCode(() -> limits.checkMinutes(Integer.MAX_VALUE)).doesNotThrowAnyException();
        assertThatCode(() -> limits.checkQueued(1_000_000)).doesNotThrowAnyException();
    }

    @Test
    void theSettingsCountOnlyForUsersWithoutAGroup() {
        assertThat(of().machines()).isEqualTo(new Limit(2, null));
        assertThat(of().longestMinutes()).isEqualTo(60);
        assertThat(of().maxQueued()).isEqualTo(3);
        assertThat(of(group("strict", 1, 10, 1, 0, 0)).maxMachines()).isEqualTo(1);
        assertThat(of(group("strict", 1, 10, 1, 0, 0)).maxMinutes()).isEqualTo(10);
    }

    @Test
    void aRefusalSaysWhichLimitAndWhose() {
        UserLimits student = of(group("students", 2, 60, 1, 0, 0));

        assertThatThrownBy(() -> student.checkMachines(2, 1)).isInstanceOf(LimitReachedException.class)
                .hasMessage("The group students allows 2 machines at once; you have 2 and ask for 1 more.")
                .extracting("details").isEqualTo(Map.of("limit", 2L, "used", 2L));
        assertThatThrownBy(() -> student.checkQueued(1)).isInstanceOf(LimitReachedException.class)
                .hasMessage("The group students allows 1 request waiting at once; 1 of yours is.");
        assertThatThrownBy(() -> student.checkMinutes(61)).isInstanceOf(InvalidRequestException.class)
                .hasMessage("The duration must be 1 to 60 minutes, as the group students allows.");
        assertThatThrownBy(() -> of().checkQueued(3))
                .hasMessage("You may have 3 requests waiting at once (RESERVATION_MAX_QUEUED); 3 of yours are.");
    }

    @Test
    void whatIsAllowedIsNotRefused() {
        UserLimits student = of(group("students", 2, 60, 1, 0, 0));

        assertThatCode(() -> student.checkMachines(0, 2)).doesNotThrowAnyException();
        assertThatCode(() -> student.checkMachines(1, 1)).doesNotThrowAnyException();
        assertThatCode(() -> student.checkQueued(0)).doesNotThrowAnyException();
        assertThatCode(() -> student.checkMinutes(60)).doesNotThrowAnyException();
        assertThatThrownBy(() -> student.checkMachines(1, Integer.MAX_VALUE)).isInstanceOf(LimitReachedException.class);
    }

    @Test
    void aRequestHasThePriorityOfTheGroupThatItNames() {
        UserLimits limits = of(group("students", 1, 1, 1, 10, 0), group("staff", 1, 1, 1, 70, 0));

        assertThat(limits.priorityIn("students")).isEqualTo(10);
        assertThat(limits.priorityIn(null)).isEqualTo(70);
        assertThatThrownBy(() -> limits.priorityIn("root")).isInstanceOf(InvalidRequestException.class)
                .hasMessage("You are not in a group named root. Your groups are: staff, students.");
        assertThatThrownBy(() -> of().priorityIn("root")).hasMessage("You are not in a group named root.");
    }
}
