package io.machinemanager.reservation;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.database.ReadOnlyQueries;
import io.machinemanager.group.LimitsService;

/** Tells users what they may have and what they have. */
@ApplicationScoped
public class AllowanceService {

    private static final String USED = "select (select count(*) from Reservation r where r.ownerId = :user"
            + " and r.state in (PROVISIONING, ACTIVE)), (select count(*) from Request q where q.ownerId = :user"
            + " and q.queuedAt is not null)";

    private final ReadOnlyQueries queries;
    private final LimitsService limits;

    AllowanceService(ReadOnlyQueries queries, LimitsService limits) {
        this.queries = queries;
        this.limits = limits;
    }

    /** The allowance of a user; that of a user without a group when the user was deleted. */
    public Allowance of(long userId) {
        return queries.call(session -> {
            Object[] used = session.createSelectionQuery(USED, Object[].class).setParameter("user", userId)
                    .getSingleResult();
            return new Allowance(limits.of(session, userId).orElseGet(limits::withoutGroup), (Long) used[0],
                    (Long) used[1]);
        });
    }
}
