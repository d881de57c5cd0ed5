package io.machinemanager.api;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/** The main class of the service. */
@QuarkusMain
public class ApiService {

    /** Runs the service until it is stopped. */
    public static void main(String... arguments) {
        // the server would answer an invalid URI with an empty 400; RequestLimits answers with an error that says what is wrong
        System.setProperty("vertx.disableURIValidation", "true");
        // lets Netty find SlowClients
        System.setProperty(ChannelInitializerExtension.EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
        Quarkus.run(arguments);
    }
}
