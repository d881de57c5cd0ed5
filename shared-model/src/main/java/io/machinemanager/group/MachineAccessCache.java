package io.machinemanager.group;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

import jakarta.enterprise.context.ApplicationScoped;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;

import io.machinemanager.database.ReadOnlyQueries;

/**
 * Which machines users may see, as it was within the last second, so that a client that polls does not cost a query with each
 * call. A change by this process counts at once, a change by another process after a second at the latest. It is for lists
 * only: whether a machine is lent to a user is decided in the transaction that lends it.
 */
@ApplicationScoped
public class MachineAccessCache {

    private static final Duration LONGEST = Duration.ofSeconds(1);
    private static final int MAX_ENTRIES = 10_000;

    private final ReadOnlyQueries queries;
    private volatile Cache<Long, MachineAccess> entries = empty();

    MachineAccessCache(ReadOnlyQueries queries) {
        this.queries = queries;
    }

    /** What a user who is no admin may see, without a query; empty when it is not cached. */
    public Optional<MachineAccess> recent(long userId) {
        return Optional.ofNullable(entries.getIfPresent(userId));
    }

    /** What a user who is no admin may see, by a query. */
    public MachineAccess load(long userId) {
        // a change from here on makes the answer obsolete, which then ends up in the cache that was replaced
        Cache<Long, MachineAccess> current = entries;
        MachineAccess access = query(userId);
        current.put(userId, access);
        return access;
    }

    private MachineAccess query(long userId) {
        return queries.call(session -> {
            boolean restricted = !session.createSelectionQuery("select g.id from MachineGroup g", Long.class)
                    .setMaxResults(1).getResultList().isEmpty();
            return restricted
                    ? new MachineAccess(false, Set.copyOf(session
                            .createSelectionQuery("select m.groupId from GroupMember m where m.userId = :user",
                                    Long.class)
                            .setParameter("user", userId).getResultList()))
                    : MachineAccess.ALL;
        });
    }

    /** Clears the cache; to be called after a change of members or of the groups of machines, after the commit. */
    public void forget() {
        entries = empty();
    }

    private static Cache<Long, MachineAccess> empty() {
        return Caffeine.newBuilder().maximumSize(MAX_ENTRIES).expireAfterWrite(LONGEST).executor(Runnable::run).build();
    }
}
