package io.machinemanager.reservation;

import jakarta.enterprise.context.ApplicationScoped;

import org.hibernate.StatelessSession;

import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.group.LimitsService;

/** Tells users what they may have and what they have. */
@ApplicationScoped
public class AllowanceService {

    private final ReadOnlyQueries queries;
    private final LimitsService limits;

    AllowanceService(ReadOnlyQueries queries, LimitsService limits) {
        this.queries = queries;
        this.limits = limits;
    }

    /** The allowance of a user; that of a user without a group when the user was deleted. */
    public Allowance of(long userId) {
        return queries.call(session -> new Allowance(limits.of(session, userId).orElseGet(limits::withoutGroup),
                machines(session, userId), queued(session, userId)));
    }

    private static long machines(StatelessSession session, long userId) {
        return session.createSelectionQuery("select count(*) from Reservation where ownerId = :user"
                + " and state in (PROVISIONING, ACTIVE)", Long.class).setParameter("user", userId).getSingleResult();
    }

    private static long queued(StatelessSession session, long userId) {
        return session.createSelectionQuery("select count(*) from Request where ownerId = :user"
                + " and queuedAt is not null", Long.class).setParameter("user", userId).getSingleResult();
    }
}
