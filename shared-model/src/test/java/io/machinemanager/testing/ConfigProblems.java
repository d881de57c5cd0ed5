package io.machinemanager.testing;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import jakarta.validation.ConstraintViolation;
import jakarta.validation.Validation;
import jakarta.validation.ValidatorFactory;
import jakarta.validation.executable.ExecutableValidator;

import io.smallrye.config.SmallRyeConfigBuilder;

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
            ExecutableValidator validator = factory.getValidator().forExecutables();
            return Stream.of(config.getDeclaredMethods()).filter(method -> !Modifier.isStatic(method.getModifiers()))
                    .flatMap(method -> validator.validateReturnValue(settings, method, value(settings, method))
                            .stream())
                    .map(ConstraintViolation::getMessage).sorted().toList();
        }
    }

    private static Object value(Object settings, Method method) {
        try {
            method.setAccessible(true);
            return method.invoke(settings);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
