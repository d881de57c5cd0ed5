package io.machinemanager.group;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Table;

import io.machinemanager.error.NotFoundException;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** A group of users: what its members may have, and which machines are for them. */
@Entity
@Table(name = "user_groups")
public class UserGroup extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    /** Unique, case-sensitive, never changed. */
    @Column(length = 63)
    public String name;

    /** How many machines a member may have at once; 0 for no limit. */
    public int maxMachines;

    /** For how many minutes a member may have a machine, extensions included; 0 for no limit. */
    public int maxMinutes;

    /** How many requests of a member may wait at once; 0 for no limit. */
    public int maxQueued;

    /** 0 to 100; requests of a higher priority are served first. */
    public int priority;

    /** How many days ahead a member may book; 0 for none. */
    public int mayBookDaysAhead;

    public Instant createdAt;

    /** The error for a name that no group has. */
    public static NotFoundException notFound(String name) {
        return new NotFoundException("There is no group named %s.".formatted(name));
    }

    /** The group with this name. */
    public static Optional<UserGroup> byName(String name) {
        return find("name", name).firstResultOptional();
    }

    /** The groups that exist of those with these names. */
    public static List<UserGroup> byNames(Collection<String> names) {
        return names.isEmpty() ? List.of() : list("name in ?1", names);
    }

    /** The group with this name, locked until the end of the transaction. No machine can be given the group meanwhile. */
    static Optional<UserGroup> lockByName(String name) {
        return find("name", name).withLock(LockModeType.PESSIMISTIC_WRITE).firstResultOptional();
    }

    /** A page of groups, sorted by name. */
    static List<UserGroup> page(int offset, int limit) {
        return getEntityManager().createQuery("from UserGroup order by name", UserGroup.class).setFirstResult(offset)
                .setMaxResults(limit).getResultList();
    }

    /** Sets the limits that are given. */
    void apply(GroupChange change) {
        maxMachines = Optional.ofNullable(change.maxMachines()).orElse(maxMachines);
        maxMinutes = Optional.ofNullable(change.maxMinutes()).orElse(maxMinutes);
        maxQueued = Optional.ofNullable(change.maxQueued()).orElse(maxQueued);
        priority = Optional.ofNullable(change.priority()).orElse(priority);
        mayBookDaysAhead = Optional.ofNullable(change.mayBookDaysAhead()).orElse(mayBookDaysAhead);
    }
}
