package io.machinemanager.startup;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.ConfigValidationException.Problem;
import io.smallrye.config.ConfigValidator;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;

/**
 * Collects what Bean Validation finds wrong in the settings, for {@link StartupChecks}. Quarkus itself would end the start
 * with the first interface that has a wrong setting, and name the properties, which an operator does not know.
 */
public class ConfigValidation implements SmallRyeConfigBuilderCustomizer {

    private static final String OURS = "io.machinemanager.";
    /** The words before a message, which name the property. The message begins with an environment variable. */
    private static final Pattern PROPERTY = Pattern.compile("^(?:[a-z]\\S* )+");

    /** By configuration interface. Quarkus builds the configuration before there are beans, so it is static. */
    private static final Map<Class<?>, List<String>> PROBLEMS = new ConcurrentHashMap<>();

    /** The messages of all violated constraints; each names the environment variable and the values that it may have. */
    static Stream<String> problems() {
        return PROBLEMS.values().stream().flatMap(List::stream);
    }

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        ConfigValidator validator = builder.getValidator();
        builder.withValidator((type, prefix, settings) -> {
            if (type.getName().startsWith(OURS)) {
                PROBLEMS.put(type, problems(validator, type, prefix, settings));
            } else {
                validator.validateMapping(type, prefix, settings);
            }
        });
    }

    /**
     * The messages of all violated constraints of one interface.
     *
     * @param settings an instance of it
     */
    public static List<String> problems(ConfigValidator validator, Class<?> type, String prefix, Object settings) {
        try {
            validator.validateMapping(type, prefix, settings);
            return List.of();
        } catch (ConfigValidationException e) {
            return IntStream.range(0, e.getProblemCount()).mapToObj(e::getProblem).map(Problem::getMessage)
                    .map(problem -> PROPERTY.matcher(problem).replaceFirst("")).toList();
        }
    }

    /** After Quarkus, which sets the validator. */
    @Override
    public int priority() {
        return Integer.MAX_VALUE;
    }
}
