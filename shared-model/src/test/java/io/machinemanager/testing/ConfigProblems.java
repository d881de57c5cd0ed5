package io.machinemanager.testing;

import java.util.List;
import java.util.Map;

import jakarta.validation.Validation;
import jakarta.validation.ValidatorFactory;

import io.machinemanager.startup.ConfigValidation;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidator;

/** What Bean Validation finds wrong in the settings of an interface of the configuration. */
public final class ConfigProblems {

    private ConfigProblems() {
    }

    /**
     * The messages of all violated constraints, sorted.
     *
     * @param properties what is set; the rest has its default
     */
    public static List<String> in(Class<?> config, Map<String, String> properties) {
        return of(config,
                new SmallRyeConfigBuilder().addDiscoveredConverters().withMapping(config).withDefaultValues(properties)
                        .build()
                        .getConfigMapping(config));
    }

    /** The messages of all violated constraints, sorted. */
    public static <T> List<String> of(Class<? extends T> config, T settings) {
        try (ValidatorFactory factory = Validation.buildDefaultValidatorFactory()) {
            BeanValidationConfigValidator validator = factory::getValidator;
            return ConfigValidation.problems(validator, config, "settings", settings).stream().sorted().toList();
        }
    }
}
