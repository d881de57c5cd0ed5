package io.machinemanager.api.input;

import java.util.Optional;
import java.util.function.LongSupplier;

import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;

/**
 * Which part of a list is wanted, from the parameters {@code offset} and {@code limit}.
 *
 * @param offset how many to leave out at the start
 * @param limit how many at the most
 * @param whole neither was given
 */
public record Page(int offset, int limit, boolean whole) {

    /** The header that tells how long the whole list is, where only a part was asked for. */
    public static final String TOTAL = "X-Total-Count";

    /** What the API's description says of that header. */
    public static final String TOTAL_DESCRIBED = "How long the whole list is; only with limit or offset.";

    /** What the API's description says of {@code limit}. */
    public static final String LIMIT_DESCRIBED = "How many at the most; the whole list without it.";

    /** What the API's description says of {@code offset}. */
    public static final String OFFSET_DESCRIBED = "How many to leave out at the start.";

    /** The page that a query asks for. */
    public static Page of(QueryParameters query) {
        Optional<Integer> offset = query.number("offset", 0);
        Optional<Integer> limit = query.number("limit", 1);
        return new Page(offset.orElse(0), limit.orElse(Integer.MAX_VALUE), offset.isEmpty() && limit.isEmpty());
    }

    /** An answer with that part of the list, and how long the whole list is where only a part was asked for. */
    public <T> RestResponse<T> answer(T body, LongSupplier total) {
        ResponseBuilder<T> answer = ResponseBuilder.ok(body);
        if (!whole) {
            answer.header(TOTAL, total.getAsLong());
        }
        return answer.build();
    }
}
