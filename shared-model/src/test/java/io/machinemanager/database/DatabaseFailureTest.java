package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.util.concurrent.TimeoutException;

import javax.transaction.xa.XAException;

import jakarta.transaction.RollbackException;

import org.junit.jupiter.api.Test;

import io.quarkus.narayana.jta.QuarkusTransactionException;

class DatabaseFailureTest {

    private static final SQLException TIMEOUT = new SQLNonTransientConnectionException("Socket timeout error", "08000");
    private static final SQLException DEADLOCK = new SQLException("Deadlock found", "40001", 1213);

    private static boolean passing(Exception failure) {
        return DatabaseFailure.isPassing(new IllegalStateException("outer", new RuntimeException(failure)));
    }

    @Test
    void whatTheDatabaseGetsOverIsWorthAnotherTry() {
        assertThat(passing(TIMEOUT)).isTrue();
        assertThat(passing(new SQLException("no connection in time", new TimeoutException()))).isTrue();
        assertThat(passing(new SQLException("too many connections", "08004", 1040))).isTrue();
        assertThat(passing(DEADLOCK)).isTrue();
        assertThat(passing(new SQLException("lock wait timeout", "HY000", 1205))).isTrue();
        assertThat(passing(new LostRaceException("others were faster"))).isTrue();
    }

    @Test
    void aReadOnlyAndAFullDatabaseAreToldFromOneThatIsAway() {
        assertThat(state(new SQLException("running with the --read-only option", "HY000", 1290)))
                .isEqualTo("is read-only");
        assertThat(state(new SQLException("Running in read-only mode", "HY000", 1836))).isEqualTo("is read-only");
        assertThat(state(new SQLException("The table 'x' is full", "HY000", 1114))).isEqualTo("is full");
        assertThat(state(new SQLException("Disk full (x); waiting", "HY000", 1021))).isEqualTo("is full");
        assertThat(state(new SQLException("Got error 28 \"No space left on device\"", "HY000", 1030)))
                .isEqualTo("is full");
        assertThat(state(new SQLException("Error writing file 'x' (Errcode: 28)", "HY000", 3))).isEqualTo("is full");
        assertThat(state(TIMEOUT)).isEqualTo("cannot be reached");
        assertThat(passing(new SQLException("Got error 127 from storage engine", "HY000", 1030))).isFalse();
    }

    private static String state(SQLException failure) {
        assertThat(passing(failure)).isTrue();
        return DatabaseFailure.state(new IllegalStateException("outer", new RuntimeException(failure)));
    }

    @Test
    void defectOfOursIsNot() {
        assertThat(passing(new SQLException("syntax error", "42000", 1064))).isFalse();
        assertThat(passing(new SQLException("duplicate key", "23000", 1062))).isFalse();
        assertThat(passing(new IllegalArgumentException())).isFalse();
    }

    @Test
    void databaseThatFreezesDuringACommitIsAway() {
        assertThat(DatabaseFailure.isPassing(failedCommit(TIMEOUT))).isTrue();
        assertThat(DatabaseReachability.lostConnection(failedCommit(TIMEOUT))).contains(TIMEOUT);
    }

    @Test
    void raceThatIsLostDuringACommitIsARace() {
        assertThat(RetryingTransactions.isLostRace(failedCommit(DEADLOCK))).isTrue();
    }

    @Test
    void defectStaysADefectWhenTheDatabaseGoesAwayAfterwards() {
        RuntimeException defect = new IllegalStateException("a defect");
        defect.addSuppressed(TIMEOUT);

        assertThat(DatabaseFailure.isPassing(defect)).isFalse();
    }

    /** As the transaction manager reports it. */
    private static RuntimeException failedCommit(SQLException reason) {
        XAException resource = new XAException("Error trying to transactionCommit local transaction");
        resource.initCause(reason);
        RollbackException rollback = new RollbackException("Could not commit transaction.");
        rollback.addSuppressed(resource);
        return new QuarkusTransactionException(rollback);
    }
}
