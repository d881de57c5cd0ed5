package io.machinemanager.error;

import java.util.Map;

/** There are too few machines of the wanted kind, however long the caller waits; none is reserved. */
public final class NoMatchingMachinesException extends DomainException {

    /**
     * @param wanted how many the caller wants
     * @param matching how many machines are registered and enabled that match and that the caller may use
     */
    public NoMatchingMachinesException(int wanted, long matching) {
        super(ErrorCode.NO_MATCHING_MACHINES, "%d %s wanted, and %d that you may use %s."
                .formatted(wanted, wanted == 1 ? "machine is" : "machines are", matching,
                        matching == 1 ? "matches" : "match"),
                Map.of("matching", matching));
    }
}
