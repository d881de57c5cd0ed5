package io.machinemanager.audit;

import java.util.Optional;

/** The actor of the current request. A service with an API has one bean of this type. */
public interface CurrentActor {

    /** The user; empty when there is no request, or its user is not known (yet). */
    Optional<String> user();

    /** The name of the API key that the caller used, if any. */
    Optional<String> apiKey();

    /** The client's address, by what trusted proxies say; empty when there is no request. */
    Optional<String> address();
}
