package io.machinemanager.api.input;

import java.nio.charset.StandardCharsets;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;

/**
 * Reads the query of each call as forms are written: parameters apart by {@code &} alone, in UTF-8, whether a client has
 * escaped it or not. The server would end a parameter at a semicolon, and take each byte beyond ASCII for a character; a
 * password would be another one than the client believes.
 */
@ApplicationScoped
public class FormQueryDecoder {

    /** Right after the look whether the address can be decoded. */
    private static final int SECOND = 999;

    private static final int MOST_PARAMETERS = 1000;
    private static final int LAST_OF_ASCII = 0x7f;

    void decode(@Observes Filters filters) {
        filters.register(FormQueryDecoder::decode, SECOND);
    }

    private static void decode(RoutingContext context) {
        String query = context.request().query();
        if (query != null) {
            MultiMap parameters = context.queryParams().clear();
            new QueryStringDecoder(escaped(query), StandardCharsets.UTF_8, false, MOST_PARAMETERS, true).parameters()
                    .forEach((name, values) -> parameters.add(name, (Iterable<String>) values));
        }
        context.next();
    }

    /** An address, or a part of one, in which the client has not escaped all that it should have. */
    public static String escaped(String address) {
        StringBuilder escaped = new StringBuilder();
        // a character beyond ASCII is a byte
        for (char c : address.toCharArray()) {
            if (c > LAST_OF_ASCII) {
                escaped.append("%%%02X".formatted((int) c));
            } else {
                escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
