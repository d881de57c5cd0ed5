package io.machinemanager.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;

/** Quarkus warns at each start of a level below the lowest that was built in. */
class LogLevelTest {

    @ParameterizedTest
    @CsvSource({"DEBUG, INFO, DEBUG", "TRACE, INFO, DEBUG", "ALL, INFO, DEBUG", "INFO, INFO, INFO", "WARN, WARN, WARN",
            "ERROR, ERROR, ERROR" })
    void noLevelIsBelowTheLowestThatWasBuiltIn(String level, String others, String ours) throws IOException {
        SmallRyeConfig config = new SmallRyeConfigBuilder().addDefaultInterceptors()
                .withSources(
                        new PropertiesConfigSource(
                                LoggingConfig.class.getResource("/META-INF/microprofile-config.properties"), 100),
                        new EnvConfigSource(Map.of("LOG_LEVEL", level), 300))
                .build();

        assertThat(config.getConfigValue("quarkus.log.level").getValue()).isEqualTo(others);
        assertThat(config.getConfigValue("quarkus.log.category.\"io.machinemanager\".level").getValue())
                .isEqualTo(ours);
    }
}
