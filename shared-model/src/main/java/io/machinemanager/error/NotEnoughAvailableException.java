package io.machinemanager.error;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Fewer machines are free than the caller wants; none is reserved. */
public final class NotEnoughAvailableException extends DomainException {

    /**
     * @param wanted how many the caller wants
     * @param available how many are free
     * @param nextFreeAt when so many are expected to be free, if no reservation is extended; null when that is not known
     */
    public NotEnoughAvailableException(int wanted, long available, Instant nextFreeAt) {
        super(ErrorCode.NOT_ENOUGH_AVAILABLE,
                "%d %s wanted and %d free.".formatted(wanted, wanted == 1 ? "machine is" : "machines are", available),
                details(available, nextFreeAt));
    }

    private static Map<String, Object> details(long available, Instant nextFreeAt) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("available", available);
        if (nextFreeAt != null) {
            details.put("next_free_at", nextFreeAt);
        }
        return details;
    }
}
