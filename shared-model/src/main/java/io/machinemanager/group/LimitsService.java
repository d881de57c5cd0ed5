package io.machinemanager.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.query.QueryProducer;

import io.machinemanager.database.HqlCondition;

/** Tells what users may have. It reads in the caller's transaction or session, and has none of its own. */
@ApplicationScoped
public class LimitsService {

    // one row for each group of a user, and one without a group for a user in none
    private static final String USERS_AND_GROUPS = "select u.id, g from User u"
            + " left join GroupMember m on m.userId = u.id left join UserGroup g on g.id = m.groupId where ";

    private final LimitsConfig settings;

    LimitsService(LimitsConfig settings) {
        this.settings = settings;
    }

    /** The limits of a user, by one query in the caller's transaction; empty when there is no such user. */
    public Optional<UserLimits> of(long userId) {
        return of(UserGroup.getSession(), userId);
    }

    /** The limits of a user, by one query in the given session; empty when there is no such user. */
    public Optional<UserLimits> of(QueryProducer session, long userId) {
        return Optional.ofNullable(of(session, List.of(userId)).get(userId));
    }

    /** The limits of each of these users, by one query in the caller's transaction; without users that do not exist. */
    public Map<Long, UserLimits> of(Collection<Long> userIds) {
        return userIds.isEmpty() ? Map.of() : of(UserGroup.getSession(), userIds);
    }

    private Map<Long, UserLimits> of(QueryProducer session, Collection<Long> userIds) {
        Map<Long, List<UserGroup>> groups = new HashMap<>();
        HqlCondition among = HqlCondition.oneOf("u.id", "users", userIds);
        among.bind(session.createSelectionQuery(USERS_AND_GROUPS + among.hql(), Object[].class)).getResultList()
                .forEach(row -> {
                    List<UserGroup> ofUser = groups.computeIfAbsent((Long) row[0], user -> new ArrayList<>());
                    if (row[1] != null) {
                        ofUser.add((UserGroup) row[1]);
                    }
                });
        return groups.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> UserLimits.of(entry.getValue(), settings)));
    }

    /** The limits of a user without a group. */
    public UserLimits withoutGroup() {
        return UserLimits.of(List.of(), settings);
    }
}
