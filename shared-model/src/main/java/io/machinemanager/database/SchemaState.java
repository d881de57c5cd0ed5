package io.machinemanager.database;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;

/**
 * How the schema in the database stands to the one that this program was built for.
 *
 * @param missing migrations that are still to be applied
 * @param unknown migrations in the database that this program does not know
 * @param failed migrations that ended half-way
 */
record SchemaState(List<String> missing, List<String> unknown, List<String> failed) {

    /** Reads it from Flyway's list of all migrations, applied or not. */
    static SchemaState of(MigrationInfo... migrations) {
        return new SchemaState(versions(migrations, MigrationState.PENDING),
                versions(migrations, MigrationState.FUTURE_SUCCESS, MigrationState.MISSING_SUCCESS),
                versions(migrations, MigrationState.FAILED, MigrationState.FUTURE_FAILED,
                        MigrationState.MISSING_FAILED));
    }

    private static List<String> versions(MigrationInfo[] migrations, MigrationState... states) {
        return Stream.of(migrations).filter(m -> List.of(states).contains(m.getState()))
                .map(m -> m.getVersion() == null ? m.getDescription() : m.getVersion().getVersion()).toList();
    }

    /** Why the program must not work on this schema, whatever anybody does to bring it up to date. */
    Optional<String> problem() {
        if (!failed.isEmpty()) {
            return Optional.of(("The database schema is half-way through migration %s. Mend what stopped it, which the"
                    + " log of that start tells, delete its row of flyway_schema_history and start again.")
                    .formatted(String.join(", ", failed)));
        }
        if (!unknown.isEmpty()) {
            return Optional.of("The database schema is from a newer version of this program (migration %s); update it."
                    .formatted(String.join(", ", unknown)));
        }
        return Optional.empty();
    }

    boolean isUpToDate() {
        return missing.isEmpty();
    }
}
