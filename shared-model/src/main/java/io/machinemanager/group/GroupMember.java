package io.machinemanager.group;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** A user who is in a group. The row goes with the user and with the group. */
@Entity
@Table(name = "group_members")
public class GroupMember extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    public long groupId;

    public long userId;

    /** The ids of the groups of each of these users, in one query; a user without a group is not in the map. */
    public static Map<Long, Set<Long>> groupsOf(Collection<Long> userIds) {
        if (userIds.isEmpty()) {
            return Map.of();
        }
        return GroupMember.<GroupMember>list("userId in ?1", userIds).stream().collect(Collectors.groupingBy(
                member -> member.userId, Collectors.mapping(member -> member.groupId, Collectors.toSet())));
    }

    /** The names of the members, sorted. */
    static List<String> namesIn(UserGroup group) {
        return getEntityManager().createQuery("select u.username from GroupMember m join User u on u.id = m.userId"
                + " where m.groupId = ?1 order by u.username", String.class).setParameter(1, group.id).getResultList();
    }

    static boolean contains(UserGroup group, long userId) {
        return count("groupId = ?1 and userId = ?2", group.id, userId) > 0;
    }

    static void add(UserGroup group, long userId) {
        GroupMember member = new GroupMember();
        member.groupId = group.id;
        member.userId = userId;
        member.persist();
    }

    /** Removes a member; false when the user is not in the group. */
    static boolean remove(UserGroup group, long userId) {
        return delete("groupId = ?1 and userId = ?2", group.id, userId) > 0;
    }
}
