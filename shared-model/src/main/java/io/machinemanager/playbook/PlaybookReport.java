package io.machinemanager.playbook;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * What the callback plugin {@code playbook_report} writes about a run.
 *
 * @param tasks how many tasks have started
 * @param task the name of the last one; empty before the first
 * @param failed the name of the task that failed; empty when none did
 * @param message why it failed; empty when no_log hides that
 * @param unreachable whether the machine was not reached
 */
record PlaybookReport(int tasks, String task, String failed, String message, boolean unreachable) {

    /** The file in the folder of a run. */
    static final String FILE = "report.json";

    static final PlaybookReport NONE = new PlaybookReport(0, "", "", "", false);

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_LENGTH = 64 * 1024;

    /** Reads the report of a run; empty when there is none, as when Ansible has not begun. */
    static Optional<PlaybookReport> read(Path folder) {
        Path file = folder.resolve(FILE);
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MAX_LENGTH) {
                return Optional.empty();
            }
            JsonNode json = JSON.readTree(Files.readAllBytes(file));
            return Optional.of(new PlaybookReport(json.path("tasks").asInt(), json.path("task").asText(""),
                    json.path("failed").asText(""), json.path("message").asText(""),
                    json.path("unreachable").asBoolean()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The same report with other texts. */
    PlaybookReport with(UnaryOperator<String> change) {
        return new PlaybookReport(tasks, change.apply(task), change.apply(failed), change.apply(message), unreachable);
    }

    /** Why a run failed, as far as the report says; empty when it does not. */
    Optional<String> reason() {
        if (failed.isEmpty()) {
            return Optional.empty();
        }
        String what = unreachable
                ? "The task \"%s\" did not reach the machine".formatted(failed)
                : "The task \"%s\" failed".formatted(failed);
        return Optional.of(message.isBlank()
                ? what + ". What it said is hidden (no_log)."
                : what + ": " + message.strip());
    }
}
