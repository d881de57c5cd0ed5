package io.machinemanager.secret;

import java.util.List;
import java.util.function.BooleanSupplier;

import jakarta.enterprise.context.ApplicationScoped;

import io.quarkus.arc.All;

/** Encrypts all secrets in the database with the current key, so that the previous key is not needed any more. */
@ApplicationScoped
public class SecretRotation {

    static final int BATCH = 100;

    private final List<EncryptedRows> tables;

    SecretRotation(@All List<EncryptedRows> tables) {
        this.tables = tables;
    }

    /** How many rows still hold a secret that was not encrypted with the current key. */
    public long countStale() {
        return tables.stream().mapToLong(EncryptedRows::countStale).sum();
    }

    /**
     * Encrypts secrets anew that are not encrypted with the current key. Any number of processes may do so at the same time.
     *
     * @param goOn is asked before each batch of rows; the next call takes up the rest
     * @return the number of rows with secrets that were encrypted anew
     */
    public int reseal(BooleanSupplier goOn) {
        return tables.stream().mapToInt(table -> reseal(table, goOn)).sum();
    }

    private static int reseal(EncryptedRows table, BooleanSupplier goOn) {
        int resealed = 0;
        EncryptedRows.Step step = new EncryptedRows.Step(Long.MIN_VALUE, BATCH, 0);
        while (step.checked() == BATCH && goOn.getAsBoolean()) {
            step = table.reseal(step.last(), BATCH);
            resealed += step.resealed();
        }
        return resealed;
    }
}
