package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;

class DatabaseUrlConfigSourceFactoryTest {

    private static final String URL = "quarkus.datasource.jdbc.url";
    private static final String USER = "quarkus.datasource.username";
    private static final String PASSWORD = "quarkus.datasource.password";

    private static SmallRyeConfig config(String profile, Map<String, String> environment) {
        return new SmallRyeConfigBuilder().addDefaultInterceptors().withProfile(profile)
                .withSources(new EnvConfigSource(environment, 300)).withSources(new DatabaseUrlConfigSourceFactory())
                .build();
    }

    private static Optional<String> value(SmallRyeConfig config, String name) {
        return config.getOptionalValue(name, String.class);
    }

    @Test
    void databaseUrlSetsTheDatasource() {
        SmallRyeConfig config = config("prod", Map.of("DATABASE_URL", "mysql+pymysql://app:s%40crt@db/m"));
        assertThat(value(config, URL)).contains("jdbc:mariadb://db:3306/m");
        assertThat(value(config, USER)).contains("app");
        assertThat(value(config, PASSWORD)).contains("s@crt");
        assertThat(value(config, DatabaseUrlConfigSourceFactory.PROBLEM)).isEmpty();
    }

    @Test
    void variablesOfTheSessionInTheAddressDoNotTakeThePlaceOfOurs() {
        SmallRyeConfig config = config("prod", Map.of("DATABASE_URL",
                "jdbc:mariadb://db/m?sessionVariables=wsrep_sync_wait=1",
                "QUARKUS_DATASOURCE_JDBC_ADDITIONAL_JDBC_PROPERTIES_SESSIONVARIABLES",
                "time_zone='+00:00'"));
        assertThat(value(config, URL))
                .contains("jdbc:mariadb://db/m?sessionVariables=wsrep_sync_wait=1,time_zone='+00:00'");
    }

    @Test
    void userAndPasswordMayBeGivenApart() {
        SmallRyeConfig config = config("prod",
                Map.of("DATABASE_URL", "jdbc:mariadb://db/m", "DB_USER", "app", "DB_PASSWORD", "a${b}"));
        assertThat(value(config, USER)).contains("app");
        assertThat(value(config, PASSWORD)).contains("a${b}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a${HOME}b", "a$b", "$$", "a\\$b", "a\\\\$b$", "${", "\\", "${a:b}" })
    void dollarsAndBackslashesInAPasswordMeanThemselves(String password) {
        SmallRyeConfig config = config("prod", Map.of("DATABASE_URL", "mysql://app:" + password + "@db/m"));
        assertThat(value(config, PASSWORD)).contains(password);
    }

    @Test
    void explicitDatasourceWins() {
        SmallRyeConfig config = config("prod", Map.of("DATABASE_URL", "mysql://app:secret@db/m",
                "QUARKUS_DATASOURCE_JDBC_URL", "jdbc:mariadb://other/m", "QUARKUS_DATASOURCE_USERNAME", "somebody"));
        assertThat(value(config, URL)).contains("jdbc:mariadb://other/m");
        assertThat(value(config, USER)).contains("somebody");
        assertThat(value(config, PASSWORD)).isEmpty();
    }

    @Test
    void productionWithoutAddressIsAProblem() {
        assertThat(value(config("prod", Map.of()), DatabaseUrlConfigSourceFactory.PROBLEM)).isPresent();
        assertThat(value(config("prod", Map.of("DATABASE_URL", " ")), DatabaseUrlConfigSourceFactory.PROBLEM))
                .isPresent();
        assertThat(value(config("test", Map.of()), DatabaseUrlConfigSourceFactory.PROBLEM)).isEmpty();
        assertThat(value(config("test", Map.of()), URL)).isEmpty();
    }

    @Test
    void defaultOfAProfileGivesWayToTheEnvironment() {
        SmallRyeConfig config = new SmallRyeConfigBuilder().addDefaultInterceptors().withProfile("dev")
                .withSources(
                        new PropertiesConfigSource(Map.of("%dev." + URL, "jdbc:mariadb://localhost/m"), "app", 100))
                .withSources(new EnvConfigSource(Map.of("DATABASE_URL", "mysql://app:x@db/m"), 300))
                .withSources(new DatabaseUrlConfigSourceFactory()).build();
        assertThat(value(config, URL)).contains("jdbc:mariadb://db:3306/m");
    }

    @Test
    void textThatIsNotUnderstoodIsAProblemThatShowsNoPassword() {
        SmallRyeConfig config = config("prod", Map.of("DATABASE_URL", "mysql://app:hunter2@db"));
        assertThat(value(config, DatabaseUrlConfigSourceFactory.PROBLEM).orElseThrow()).contains("names no database")
                .doesNotContain("hunter2");
    }

    @Test
    void nothingIsFoundByName() {
        SmallRyeConfig config = config("prod", Map.of("DATABASE_URL", "mysql://app:secret@db/m"));
        assertThat(config.getConfigSources()).filteredOn(source -> source.getName().equals("DATABASE_URL"))
                .singleElement().satisfies(source -> assertThat(source.getPropertyNames()).isEmpty());
    }
}
