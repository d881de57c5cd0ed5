package io.machinemanager.database;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.StartupFailure;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ApplicationLifecycleManager;

/** Repeats the steps of a start that need the database, until the database answers or the tries are used up. */
@ApplicationScoped
public class DatabaseRetry {

    /** How soon a pause notices that the process is being stopped. */
    private static final Duration STOP_CHECK = Duration.ofMillis(200);

    private final DatabaseConfig config;

    DatabaseRetry(DatabaseConfig config) {
        this.config = config;
    }

    /** A step that needs the database. */
    @FunctionalInterface
    public interface Step {

        /** Runs again when the database went away meanwhile, so a repetition must do no harm. */
        void run() throws SQLException;
    }

    /**
     * Runs a step, and runs it again after a transient failure of the database.
     *
     * @throws SQLException as the step does, when another try would not help; other exceptions of the step likewise
     */
    public void retry(Step step) throws SQLException {
        for (int attempt = 1;; attempt++) {
            try {
                step.run();
                return;
            } catch (SQLException | RuntimeException e) {
                if (!DatabaseFailure.isPassing(e)) {
                    throw e;
                }
                waitFor(attempt, DatabaseReachability.lostConnection(e).map(Exception.class::cast).orElse(e));
            }
        }
    }

    private void waitFor(int attempt, Exception cause) {
        int most = 1 + config.connectMaxRetries();
        if (attempt >= most) {
            throw refusal("The database %s in %d tries: %s",
                    DatabaseFailure.state(cause).replace("cannot", "could not"),
                    most, oneLine(cause));
        }
        Log.warnf("The database %s (try %d of %d): %s", DatabaseFailure.state(cause), attempt, most, oneLine(cause));
        pause();
    }

    /** Waits between two tries. Ends the start when the process is being stopped. */
    void pause() {
        Duration time = config.connectRetry();
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            if (ApplicationLifecycleManager.isVmShuttingDown()) {
                throw refusal("The service was stopped while it waited for the database.");
            }
            LockSupport.parkNanos(Math.min(left, STOP_CHECK.toNanos()));
        }
    }

    static RuntimeException refusal(String format, Object... arguments) {
        return StartupFailure.because(List.of(format.formatted(arguments)));
    }

    static String oneLine(Exception e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " ");
    }
}
