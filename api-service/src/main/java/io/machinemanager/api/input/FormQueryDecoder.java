package io.machinemanager.api.input;

import java.nio.charset.StandardCharsets;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;

/**
 * Decodes the query of each call like a form: parameters are separated by {@code &} only and are in UTF-8, also where the
 * client has not escaped it. The server would also end a parameter at a semicolon, and read each byte beyond ASCII as one
 * character, so that a password would differ from what the client sent.
 */
@ApplicationScoped
public class FormQueryDecoder {

    /** Right after the filter that checks whether the address can be decoded. */
    private static final int SECOND = 999;

    private static final int MAX_PARAMETERS = 1000;
    private static final int MAX_ASCII = 0x7f;

    void decode(@Observes Filters filters) {
        filters.register(FormQueryDecoder::decode, SECOND);
    }

    private static void decode(RoutingContext context) {
        String query = context.request().query();
        if (query != null) {
            MultiMap parameters = context.queryParams().clear();
            new QueryStringDecoder(escaped(query), StandardCharsets.UTF_8, false, MAX_PARAMETERS, true).parameters()
                    .forEach((name, values) -> parameters.add(name, (Iterable<String>) values));
        }
        context.next();
    }

    /** An address, or a part of it, with the bytes escaped that the client should have escaped. */
    public static String escaped(String address) {
        StringBuilder escaped = new StringBuilder();
        // each character beyond ASCII stands for one byte
        for (char c : address.toCharArray()) {
            if (c > MAX_ASCII) {
                escaped.append("%%%02X".formatted((int) c));
            } else {
                escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
