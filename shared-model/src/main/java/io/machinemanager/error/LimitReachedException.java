package io.machinemanager.error;

import java.util.LinkedHashMap;
import java.util.Map;

/** The caller has as much as a limit allows. */
public final class LimitReachedException extends DomainException {

    /**
     * @param message which limit it is, and whose
     * @param limit how many the caller may have
     * @param used how many the caller has
     */
    public LimitReachedException(String message, long limit, long used) {
        super(ErrorCode.LIMIT_REACHED, message, details(limit, used));
    }

    private static Map<String, Object> details(long limit, long used) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("limit", limit);
        details.put("used", used);
        return details;
    }
}
