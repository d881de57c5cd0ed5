package io.machinemanager.api;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Where the service starts. */
@QuarkusMain
public class ApiService {

    /** Starts the service and returns when it has ended. */
    public static void main(String... arguments) {
        // the server would answer an address that is no URI with an empty 400; RequestLimits says what is wrong with it
        System.setProperty("vertx.disableURIValidation", "true");
        // SlowClients
        System.setProperty(ChannelInitializerExtension.EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
        Quarkus.run(arguments);
    }
}
