package io.machinemanager.reservation;

import java.util.List;

/** What becomes of a call that reserves machines. */
sealed interface Admission {

    /** Machines are allocated, and this call makes the accounts. */
    record Allocated(AllocationRequest request, List<WorkItem> items) implements Admission {
    }

    /** The request waits, or did: an earlier call with the same key made it. */
    record Queued(long requestId) implements Admission {
    }

    /** An earlier call with the same key has succeeded. */
    record Repeated(Lease first) implements Admission {
    }

    /** An earlier call with the same key makes the accounts now. */
    record InProgress() implements Admission {
    }

    /** The worker of an earlier call with the same key has died. */
    record Abandoned(long requestId) implements Admission {
    }
}
