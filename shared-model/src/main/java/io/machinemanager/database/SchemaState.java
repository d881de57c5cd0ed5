package io.machinemanager.database;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;

/**
 * The difference between the schema in the database and the one that this program was built for.
 *
 * @param missing migrations that are not applied yet
 * @param unknown applied migrations that this program does not have
 * @param failed migrations that ended half done
 */
record SchemaState(List<String> missing, List<String> unknown, List<String> failed) {

    /** Reads the state from Flyway's list of all migrations, applied or not. */
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

    /** Why the program cannot use this schema, with or without the missing migrations. */
    Optional<String> problem() {
        if (!failed.isEmpty()) {
            return Optional
                    .of(("Migration %s of the database schema failed half-way. The log of that start says why: remove"
                            + " the cause, delete the migration's row of flyway_schema_history and start again.")
                            .formatted(String.join(", ", failed)));
        }
        if (!unknown.isEmpty()) {
            return Optional.of(
                    "The database schema is from a newer version of this program (migration %s); update this program."
                            .formatted(String.join(", ", unknown)));
        }
        return Optional.empty();
    }

    boolean isUpToDate() {
        return missing.isEmpty();
    }
}
