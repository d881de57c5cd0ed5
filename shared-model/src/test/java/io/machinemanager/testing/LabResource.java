package io.machinemanager.testing;

import java.util.Locale;
import java.util.Map;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;

/**
 * A {@link Lab} that lives as long as the application under test; fields of that type in the test are set to it.
 *
 * <pre>{@code
 * @QuarkusTestResource(value = LabResource.class, initArgs = @ResourceArg(name = "machines", value = "3"))
 * }</pre>
 *
 * The argument {@code machines} tells how many (3), {@code flavour} what they run (debian).
 */
public final class LabResource implements QuarkusTestResourceLifecycleManager {

    private int machines;
    private Lab.Flavour flavour;
    private Lab lab;

    @Override
    public void init(Map<String, String> arguments) {
        machines = Integer.parseInt(arguments.getOrDefault("machines", "3"));
        flavour = Lab.Flavour.valueOf(arguments.getOrDefault("flavour", "debian").toUpperCase(Locale.ROOT));
    }

    @Override
    public Map<String, String> start() {
        lab = Lab.start(machines, flavour);
        return Map.of();
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(lab, new TestInjector.MatchesType(Lab.class));
    }

    @Override
    public void stop() {
        if (lab != null) {
            lab.close();
        }
    }
}
