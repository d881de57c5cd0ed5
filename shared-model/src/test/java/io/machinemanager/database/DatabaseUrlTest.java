package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {

    @ParameterizedTest
    @CsvSource({
            "mysql+pymysql://app:secret@db:3306/machines?charset=utf8mb4, jdbc:mariadb://db:3306/machines, app, secret",
            "mysql://app:secret@db/machines, jdbc:mariadb://db:3306/machines, app, secret",
            "mariadb://app:secret@db:3307/machines, jdbc:mariadb://db:3307/machines, app, secret",
            "mariadb+pymysql://app:secret@db.example.com/m, jdbc:mariadb://db.example.com:3306/m, app, secret",
            "mysql+mysqlconnector://app:secret@10.0.0.7/m, jdbc:mariadb://10.0.0.7:3306/m, app, secret",
            "mysql+pymysql://app:secret@[::1]/m, jdbc:mariadb://[::1]:3306/m, app, secret",
            "mysql+pymysql://app:secret@[2001:db8::7]:3307/m, jdbc:mariadb://[2001:db8::7]:3307/m, app, secret",
            "mysql+pymysql://app:secret@/m, jdbc:mariadb://localhost:3306/m, app, secret",
            "'  mysql://app:secret@db/m\n', jdbc:mariadb://db:3306/m, app, secret",
            "jdbc:mariadb://db:3306/m?user=app&password=secret, jdbc:mariadb://db:3306/m, app, secret",
            "jdbc:mysql://db/m?password=secret&user=app&sslMode=trust, jdbc:mariadb://db/m?sslMode=trust, app, secret",
            "'jdbc:mariadb:sequential://db1,db2:3307/m?user=app&password=secret',"
                    + "'jdbc:mariadb:sequential://db1,db2:3307/m', app, secret" })
    void bothFormsAreUnderstood(String text, String jdbcUrl, String user, String password) {
        assertThat(DatabaseUrl.parse(text))
                .isEqualTo(new DatabaseUrl(jdbcUrl, Optional.of(user), Optional.of(password)));
    }

    @ParameterizedTest
    @CsvSource({"p%40ss%2Fw%3Ard%25, p@ss/w:rd%", "a+b, a+b", "a%2Bb, a+b", "%C3%A4%e2%82%ac, ä€", "100%, 100%",
            "%zz%4, %zz%4", "a/b?c#d:e, a/b?c#d:e", "${JAVA_HOME}, ${JAVA_HOME}" })
    void passwordIsPercentDecodedAsSqlAlchemyDoesIt(String written, String meant) {
        assertThat(DatabaseUrl.parse("mysql+pymysql://app:" + written + "@db/m").password()).contains(meant);
    }

    @Test
    void userMayHoldAnAtSign() {
        assertThat(DatabaseUrl.parse("mysql+pymysql://app%40host:x@db/m").user()).contains("app@host");
    }

    @Test
    void userAndPasswordMayBeAbsent() {
        assertThat(DatabaseUrl.parse("mysql://db/m"))
                .isEqualTo(new DatabaseUrl("jdbc:mariadb://db:3306/m", Optional.empty(), Optional.empty()));
        assertThat(DatabaseUrl.parse("mysql://app:@db/m").password()).isEmpty();
        assertThat(DatabaseUrl.parse("mysql://app@db/m").user()).contains("app");
    }

    @Test
    void optionsOfPyMysqlThatMatterAreKept() {
        assertThat(DatabaseUrl.parse("mysql+pymysql://a:b@db/m?charset=utf8mb4&connect_timeout=7&read_timeout=60"
                + "&ssl_ca=%2Fetc%2Fca.pem&autocommit=true").jdbcUrl())
                .isEqualTo("jdbc:mariadb://db:3306/m?connectTimeout=7000&socketTimeout=60000"
                        + "&sslMode=verify-ca&serverSslCert=/etc/ca.pem");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"sessionVariables=time_zone='-05:00' | time_zone",
            "sessionVariables=wsrep_sync_wait=1,innodb_lock_wait_timeout=60 | innodb_lock_wait_timeout",
            "SESSIONVARIABLES=Sql_Mode='ANSI,ORACLE' | Sql_Mode",
            "sessionVariables=tx_isolation='SERIALIZABLE' | tx_isolation",
            "sessionVariables=idle_transaction_timeout=0 | idle_transaction_timeout",
            "sessionVariables=autocommit=0 | autocommit", "sessionVariables=x=1;drop | sessionVariables",
            "sessionVariables=@@session.time_zone='x' | sessionVariables", "sessionVariables= | sessionVariables",
            "sessionVariables=x=1, | sessionVariables", "sessionVariables | sessionVariables",
            "sessionVariables=x=1,session time_zone='x' | sessionVariables", "initSql=set autocommit=0 | initSql",
            "timezone=Europe/Berlin | timezone", "connectionTimeZone=LOCAL | connectionTimeZone",
            "forceConnectionTimeZoneToSession=true | forceConnectionTimeZoneToSession",
            "autocommit=false | autocommit", "transactionIsolation=SERIALIZABLE | transactionIsolation",
            "useAffectedRows=true | useAffectedRows", "allowMultiQueries=true | allowMultiQueries",
            "localSocket=/run/mysqld.sock | localSocket", "LOCALSOCKET=/run/x | LOCALSOCKET", "pipe=x | pipe",
            "socketTimeout=0 | socketTimeout", "socketTimeout=9000 | socketTimeout", "socketTimeout=x | socketTimeout",
            "connectTimeout=0 | connectTimeout", "sslMode=trust&initSql=x | initSql" })
    void anOptionThatWouldMakeTheSessionAnotherOneIsRefusedByName(String option, String named) {
        assertThatThrownBy(() -> DatabaseUrl.parse("jdbc:mariadb://db/m?" + option))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(named)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource({"unix_socket=/run/mysqld.sock, unix_socket", "init_command=set%20autocommit%3D0, init_command",
            "read_timeout=0, socketTimeout", "ssl_ca=x%26initSql=y, initSql" })
    void anOptionOfPyMysqlThatWouldDoSoIsRefusedToo(String option, String named) {
        assertThatThrownBy(() -> DatabaseUrl.parse("mysql+pymysql://app:x@db/m?" + option))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(named);
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdbc:mariadb://address=(host=db)(localSocket=/run/x)/m",
            "jdbc:mariadb://address=(PIPE=x)/m" })
    void aSocketAmongTheHostsIsRefused(String url) {
        assertThatThrownBy(() -> DatabaseUrl.parse(url)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("localSocket and pipe cannot be used");
    }

    @Test
    void variablesThatDoNoHarmStayBesideOurs() {
        DatabaseUrl url = DatabaseUrl
                .parse("jdbc:mariadb://db/m?sessionVariables=wsrep_sync_wait=1,x='a,b'&USER=app&Password=$1");

        assertThat(url.withSessionVariables("time_zone='+00:00'")).isEqualTo(new DatabaseUrl(
                "jdbc:mariadb://db/m?sessionVariables=wsrep_sync_wait=1,x='a,b',time_zone='+00:00'",
                Optional.of("app"), Optional.of("$1")));
        assertThat(DatabaseUrl.parse("jdbc:mariadb://db/m?sessionVariables=a=1&SessionVariables=b=2")
                .withSessionVariables("c=3").jdbcUrl())
                .isEqualTo("jdbc:mariadb://db/m?sessionVariables=a=1,c=3&SessionVariables=b=2,c=3");
        assertThat(DatabaseUrl.parse("jdbc:mariadb://db/m").withSessionVariables("x=1").jdbcUrl())
                .isEqualTo("jdbc:mariadb://db/m");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hunter2", "", "://", "postgresql://app:hunter2@db/m", "sqlite:///hunter2.db",
            "mysql+pymysql://app:hunter2@db", "mysql+pymysql://app:hunter2@db/", "mysql+pymysql://app:hunter2@db:0/m",
            "mysql+pymysql://app:hunter2@db:70000/m", "mysql+pymysql://app:hunter2@db:hunter2/m",
            "mysql+pymysql://app:hunter@2hunter2@db/m", "mysql+pymysql://app:hunter2@d b/m",
            "mysql+pymysql://app:hunter2@[::1/m", "mysql+pymysql://app:hunter2@db/m/hunter2",
            "mysql+pymysql://app:hunter2@db/m?ssl_key=hunter2", "mysql+pymysql://app:hunter2@db/m?read_timeout=hunter2",
            "mysql+pymysql:/app:hunter2@db/m", "jdbc:postgresql://db/m?password=hunter2",
            "jdbc:mariadb://app:hunter2@db/m", "jdbc:mariadb://db?password=hunter2",
            "jdbc:mariadb://db/?password=hunter2", "mysql+pymysql://app:hunter2@db:3306:3306/m" })
    void oddTextIsRefusedWithoutShowingIt(String text) {
        assertThatThrownBy(() -> DatabaseUrl.parse(text)).isInstanceOf(IllegalArgumentException.class)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("hunter").doesNotContain("\n").isNotBlank());
    }

    @Test
    void textFormShowsNoPassword() {
        assertThat(DatabaseUrl.parse("mysql://app:hunter2@db/m")).hasToString("jdbc:mariadb://db:3306/m");
    }
}
