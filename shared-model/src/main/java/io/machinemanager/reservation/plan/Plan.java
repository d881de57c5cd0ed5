package io.machinemanager.reservation.plan;

import java.util.List;
import java.util.Map;

/**
 * Who gets what. Each request that was given is in one of the two maps, which have the order of the requests.
 *
 * @param assignments the requests that start now, each with the ids of exactly as many machines as it needs
 * @param waiting the other requests
 * @param kept the machines that are free, are not assigned, and are kept for a request
 */
public record Plan(Map<Long, List<Long>> assignments, Map<Long, Forecast> waiting, List<KeptMachine> kept) {

    /** A plan of nothing. */
    public static final Plan NONE = new Plan(Map.of(), Map.of(), List.of());
}
