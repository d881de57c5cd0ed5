package io.machinemanager.group;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import io.machinemanager.error.InvalidRequestException;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/**
 * A group that a machine is for. A machine without any is for everyone. The row goes with the machine; a group that a
 * machine names cannot be deleted.
 */
@Entity
@Table(name = "machine_groups")
public class MachineGroup extends PanacheEntityBase {

    /** How many groups a machine can name. */
    public static final int MOST = 32;

    /** HQL for the groups of a machine {@code m}: their names, sorted, with commas between; null for none. */
    public static final String NAMES = "(select listagg(groupNamed.name, ',') within group (order by groupNamed.name)"
            + " from MachineGroup groupOfNamed join UserGroup groupNamed on groupNamed.id = groupOfNamed.groupId"
            + " where groupOfNamed.machineId = m.id)";

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    public long groupId;

    public long machineId;

    /** The ids of the groups of each of these machines, in one query; a machine for everyone is not in the map. */
    public static Map<Long, Set<Long>> groupsOf(Collection<Long> machineIds) {
        if (machineIds.isEmpty()) {
            return Map.of();
        }
        return MachineGroup.<MachineGroup>list("machineId in ?1", machineIds).stream().collect(Collectors.groupingBy(
                row -> row.machineId, Collectors.mapping(row -> row.groupId, Collectors.toSet())));
    }

    /** The names of a machine's groups, sorted. */
    public static List<String> namesOf(long machineId) {
        return getEntityManager().createQuery("select g.name from MachineGroup m join UserGroup g on g.id = m.groupId"
                + " where m.machineId = ?1 order by g.name", String.class).setParameter(1, machineId).getResultList();
    }

    /** The names of the machines that are for a group, sorted. */
    static List<String> machinesOf(UserGroup group) {
        return getEntityManager().createQuery("select m.name from MachineGroup g join Machine m on m.id = g.machineId"
                + " where g.groupId = ?1 order by m.name", String.class).setParameter(1, group.id).getResultList();
    }

    /**
     * Replaces the groups of a machine, which must be in the database and locked, in the caller's transaction.
     *
     * @param names the names of the groups; empty for everyone
     * @throws InvalidRequestException when there is no group with one of the names
     */
    public static void replace(long machineId, Collection<String> names) {
        List<UserGroup> groups = UserGroup.byNames(names);
        Set<String> unknown = new LinkedHashSet<>(names);
        groups.forEach(group -> unknown.remove(group.name));
        if (!unknown.isEmpty()) {
            throw new InvalidRequestException("There is no group named %s.".formatted(String.join(" or ", unknown)),
                    List.of("groups"));
        }
        delete("machineId", machineId);
        groups.forEach(group -> {
            MachineGroup row = new MachineGroup();
            row.machineId = machineId;
            row.groupId = group.id;
            row.persist();
        });
    }
}
