package io.machinemanager.audit;

/**
 * Who did what an audit event tells.
 *
 * @param user the user; null for an anonymous or unknown actor
 * @param apiKey the name of the API key that the actor used; null for none
 * @param address the address it came from; null for the address of the current request
 */
public record Actor(String user, String apiKey, String address) {

    /** The caller of the request that this thread serves. */
    static Actor of(CurrentActor caller) {
        return new Actor(caller.user().orElse(null), caller.apiKey().orElse(null), caller.address().orElse(null));
    }
}
