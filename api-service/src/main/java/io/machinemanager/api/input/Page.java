package io.machinemanager.api.input;

import java.util.Optional;
import java.util.function.LongSupplier;

import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/**
 * The part of a list that is asked for, by the parameters {@code offset} and {@code limit}.
 *
 * @param offset how many rows to skip
 * @param limit the largest number of rows
 * @param whole whether neither was given
 */
public record Page(int offset, int limit, boolean whole) {

    /** The header with the length of the whole list, in responses with a part of it. */
    public static final String TOTAL = "X-Total-Count";

    /** The API's description of that header. */
    public static final String TOTAL_DESCRIBED = "How long the whole list is; only with limit or offset.";

    /** The API's description of {@code limit}. */
    public static final String LIMIT_DESCRIBED = "How many at the most; the whole list without it.";

    /** The API's description of {@code offset}. */
    public static final String OFFSET_DESCRIBED = "How many to leave out at the start.";

    /** The page that a query asks for. */
    public static Page of(QueryParameters query) {
        Optional<Integer> offset = query.number("offset", 0);
        Optional<Integer> limit = query.number("limit", 1);
        return new Page(offset.orElse(0), limit.orElse(Integer.MAX_VALUE), offset.isEmpty() && limit.isEmpty());
    }

    /** A response with that part of the list, and with the length of the whole list when a part was asked for. */
    public <T> RestResponse<T> response(T body, LongSupplier total) {
        ResponseBuilder<T> response = ResponseBuilder.ok(body);
        if (!whole) {
            response.header(TOTAL, total.getAsLong());
        }
        return response.build();
    }
}
