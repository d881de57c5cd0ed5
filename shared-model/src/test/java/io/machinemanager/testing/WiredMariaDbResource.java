package io.machinemanager.testing;

import java.util.HashMap;
import java.util.Map;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;

/** A real MariaDB behind a {@link Wire}. Fields of both types in the test are set to them. */
public class WiredMariaDbResource implements QuarkusTestResourceLifecycleManager {

    private final MariaDbResource direct = new MariaDbResource();
    private Wire wire;

    @Override
    public Map<String, String> start() {
        Map<String, String> settings = new HashMap<>(direct.start());
        wire = new Wire(direct.database().port());
        settings.computeIfPresent("quarkus.datasource.jdbc.url",
                (key, url) -> url.replace(":" + direct.database().port(), ":" + wire.port()));
        return settings;
    }

    @Override
    public void inject(TestInjector injector) {
        direct.inject(injector);
        injector.injectIntoFields(wire, new TestInjector.MatchesType(Wire.class));
    }

    @Override
    public void stop() {
        if (wire != null) {
            wire.close();
        }
        direct.stop();
    }
}
