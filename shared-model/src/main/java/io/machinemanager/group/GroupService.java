package io.machinemanager.group;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEvent;
import io.machinemanager.audit.AuditLog;
import io.machinemanager.database.DatabaseClock;
import io.machinemanager.database.RetryingTransactions;
import io.machinemanager.error.ConflictException;
import io.machinemanager.error.InvalidRequestException;
import io.machinemanager.error.NotFoundException;
import io.machinemanager.user.User;
import io.quarkus.logging.Log;

/** Creates, reads, changes and deletes groups, and adds and removes their members. */
@ApplicationScoped
public class GroupService {

    private static final int MACHINES_NAMED = 5;

    private final RetryingTransactions transactions;
    private final DatabaseClock clock;
    private final AuditLog audit;
    private final LimitsConfig settings;
    private final MachineAccessCache access;

    GroupService(RetryingTransactions transactions, DatabaseClock clock, AuditLog audit, LimitsConfig settings,
            MachineAccessCache access) {
        this.transactions = transactions;
        this.clock = clock;
        this.audit = audit;
        this.settings = settings;
        this.access = access;
    }

    /**
     * Creates a group. A limit that is not given is that of users without a group, as the settings are now.
     *
     * @throws InvalidRequestException when the name or a limit is not allowed
     * @throws ConflictException when the name is taken
     */
    public GroupDetails create(String name, GroupChange limits) {
        GroupName.problemWith(name).ifPresent(problem -> {
            throw new InvalidRequestException(problem, List.of("name"));
        });
        limits.check();
        GroupDetails created = transactions.call(() -> {
            if (UserGroup.byName(name).isPresent()) {
                throw new ConflictException("A group named %s exists already.".formatted(name));
            }
            UserGroup group = new UserGroup();
            group.name = name;
            group.createdAt = clock.now();
            group.maxMachines = settings.maxMachines();
            group.maxMinutes = settings.maxMinutes();
            group.maxQueued = settings.maxQueued();
            group.apply(limits);
            group.persist();
            audit.record(AuditEvent.of(AuditAction.GROUP_CREATED, name).detail(limits.toString()));
            return new GroupDetails(group, List.of(), List.of());
        });
        Log.infof("Group %s created: %s", name, limits);
        return created;
    }

    /**
     * Lists groups by name.
     *
     * @param offset how many to skip
     * @param limit how many at most
     */
    public List<UserGroup> list(int offset, int limit) {
        return transactions.call(() -> UserGroup.page(offset, limit));
    }

    /** Counts the groups. */
    public long count() {
        return transactions.call(() -> UserGroup.count());
    }

    /**
     * Reads a group.
     *
     * @throws NotFoundException when there is no group with this name
     */
    public GroupDetails get(String name) {
        return transactions.call(() -> GroupDetails.of(group(name)));
    }

    /**
     * Changes the limits of a group. What its members have already stays theirs.
     *
     * @param condition is given the locked group before the change; an exception from it cancels the change
     * @throws InvalidRequestException when a limit is not allowed
     * @throws NotFoundException when there is no group with this name
     */
    public GroupDetails change(String name, GroupChange limits, Consumer<GroupDetails> condition) {
        limits.check();
        GroupDetails changed = transactions.call(() -> {
            GroupDetails details = lock(name);
            condition.accept(details);
            details.group().apply(limits);
            audit.record(AuditEvent.of(AuditAction.GROUP_CHANGED, name).detail(limits.toString()));
            return details;
        });
        Log.infof("Group %s changed: %s", name, limits);
        return changed;
    }

    /**
     * Deletes a group. Its members stay users.
     *
     * @param condition is given the locked group; an exception from it cancels the deletion
     * @throws NotFoundException when there is no group with this name
     * @throws ConflictException while a machine is for the group: it could become one for everyone
     */
    public void delete(String name, Consumer<GroupDetails> condition) {
        changingAccess(() -> {
            GroupDetails details = lock(name);
            condition.accept(details);
            if (!details.machines().isEmpty()) {
                throw new ConflictException(inUse(details));
            }
            details.group().delete();
            audit.record(AuditEvent.of(AuditAction.GROUP_DELETED, name)
                    .detail("it had %d members".formatted(details.members().size())));
            return null;
        });
        Log.infof("Group %s deleted", name);
    }

    private static String inUse(GroupDetails details) {
        List<String> machines = details.machines();
        String others = machines.size() > MACHINES_NAMED
                ? " and %d more".formatted(machines.size() - MACHINES_NAMED)
                : "";
        return ("The group %s cannot be deleted while machines are for it: %s%s. They would be for everyone."
                + " Give them other groups first, or none, with PATCH /machines/{name}.").formatted(
                        details.group().name,
                        String.join(", ", machines.subList(0, Math.min(machines.size(), MACHINES_NAMED))), others);
    }

    /**
     * Adds a user to a group; does nothing when the user is in it already.
     *
     * @throws NotFoundException when there is no such group or no such user
     */
    public void addMember(String name, String username) {
        boolean added = changingAccess(() -> {
            UserGroup group = group(name);
            User user = user(username);
            if (GroupMember.contains(group, user.id)) {
                return false;
            }
            GroupMember.add(group, user.id);
            audit.record(AuditEvent.of(AuditAction.GROUP_MEMBER_ADDED, name).detail(username));
            return true;
        });
        if (added) {
            Log.infof("User %s added to the group %s", username, name);
        }
    }

    /**
     * Removes a user from a group. What the user has already stays until its end.
     *
     * @throws NotFoundException when there is no such group or no such user, or the user is not in it
     */
    public void removeMember(String name, String username) {
        changingAccess(() -> {
            if (!GroupMember.remove(group(name), user(username).id)) {
                throw new NotFoundException("%s is not in the group %s.".formatted(username, name));
            }
            audit.record(AuditEvent.of(AuditAction.GROUP_MEMBER_REMOVED, name).detail(username));
            return null;
        });
        Log.infof("User %s removed from the group %s", username, name);
    }

    /** Clears the cache even after a failure: the change may be committed although the database's answer was lost. */
    private <T> T changingAccess(Supplier<T> change) {
        try {
            return transactions.call(change);
        } finally {
            access.forget();
        }
    }

    private static UserGroup group(String name) {
        return UserGroup.byName(name).orElseThrow(() -> UserGroup.notFound(name));
    }

    private static User user(String username) {
        return User.byName(username).orElseThrow(() -> User.notFound(username));
    }

    private static GroupDetails lock(String name) {
        return GroupDetails.of(UserGroup.lockByName(name).orElseThrow(() -> UserGroup.notFound(name)));
    }
}
