package io.machinemanager.api.login;

import java.util.Map;
import java.util.regex.Pattern;

import io.quarkus.vertx.http.runtime.security.HttpSecurityUtils;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;

/** The calls that people and programs repeat while they wait for something. They change nothing and are not for admins alone. */
final class PolledCalls {

    private static final Pattern PATHS = Pattern.compile("/(whoami|available|reservations|machines(/[^/]*)?)");

    private PolledCalls() {
    }

    /**
     * Whether the call that a token came with is one of them.
     *
     * @param attributes what is known about the request, by Quarkus' names
     */
    static boolean isOne(Map<String, Object> attributes) {
        RoutingContext call = HttpSecurityUtils.getRoutingContextAttribute(attributes);
        return call != null && call.request().method() == HttpMethod.GET
                && PATHS.matcher(call.normalizedPath()).matches();
    }
}
