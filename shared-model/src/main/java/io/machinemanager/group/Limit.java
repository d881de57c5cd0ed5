package io.machinemanager.group;

import java.util.Collection;
import java.util.Comparator;
import java.util.function.ToIntFunction;

/**
 * A limit, with where it comes from.
 *
 * @param most the number; 0 for no limit
 * @param group the name of the group that sets it; null for the setting for users without a group
 */
public record Limit(int most, String group) {

    private static final Comparator<Limit> BY_GENEROSITY = Comparator.comparing(Limit::isNone)
            .thenComparing(Limit::most);

    /** Tells whether there is no limit. */
    public boolean isNone() {
        return most == 0;
    }

    /** Tells whether a number exceeds the limit. */
    public boolean isExceededBy(long number) {
        return !isNone() && number > most;
    }

    /** The highest of the groups' limits; that of the setting when there are no groups. */
    static Limit best(Collection<UserGroup> groups, ToIntFunction<UserGroup> of, int setting) {
        return groups.stream().map(group -> new Limit(of.applyAsInt(group), group.name)).max(BY_GENEROSITY)
                .orElseGet(() -> new Limit(setting, null));
    }

    /** How a message begins that tells of the limit, such as {@code The group students allows}. */
    String whose() {
        return group == null ? "You may have" : "The group %s allows".formatted(group);
    }
}
