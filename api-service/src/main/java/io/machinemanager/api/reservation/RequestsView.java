package io.machinemanager.api.reservation;

import java.util.List;

/**
 * A list of requests.
 *
 * @param requests the requests, the latest first
 */
public record RequestsView(List<RequestSummaryView> requests) {
}
