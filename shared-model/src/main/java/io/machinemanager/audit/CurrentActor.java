package io.machinemanager.audit;

import java.util.Optional;

/** Tells on whose behalf the service works at this moment. A service that takes calls has one bean of this type. */
public interface CurrentActor {

    /** The user who makes the call; nothing when there is no call, or when the caller is not known (yet). */
    Optional<String> user();

    /** The name of the API key that the caller showed, if it was one. */
    Optional<String> apiKey();

    /** The client's address, as far as those who may tell about it do; nothing when there is no call. */
    Optional<String> address();
}
