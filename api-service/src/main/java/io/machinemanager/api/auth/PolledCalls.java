package io.machinemanager.api.auth;

import java.util.regex.Pattern;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;

/**
 * The calls that people and programs repeat while they wait for something. They change nothing and are not for admins alone,
 * so their tokens may be checked against a status that is up to a second old.
 */
final class PolledCalls {

    private static final Pattern PATHS = Pattern.compile("/(whoami|available|labels|reservations|machines(/[^/]*)?)");

    private PolledCalls() {
    }

    /**
     * Whether a call is a polled call.
     *
     * @param call null when it is not known
     */
    static boolean contains(RoutingContext call) {
        return call != null && call.request().method() == HttpMethod.GET
                && PATHS.matcher(call.normalizedPath()).matches();
    }
}
