package io.machinemanager.account.ansible;

import java.util.Optional;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.machinemanager.account.AccountResult;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.MachineAnswer;
import io.machinemanager.account.MachineAnswer.Stage;

/**
 * One line of Ansible's output: the answer of one machine, as the callback plugin {@code result_lines} prints it.
 *
 * @param host the machine's name in the inventory
 * @param answer the answer of the machine
 */
record AnsibleAnswer(String host, MachineAnswer answer) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Reads a line of output; empty when it is not an answer. */
    static Optional<AnsibleAnswer> read(String line) {
        try {
            JsonNode json = JSON.readTree(line);
            return json != null && json.hasNonNull("host")
                    ? Optional.of(new AnsibleAnswer(json.get("host").asText(), answer(json)))
                    : Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private static MachineAnswer answer(JsonNode json) {
        return new MachineAnswer(json.path("answer").asText(), json.path("rc").asInt(MachineAnswer.NO_STATUS),
                Stage.valueOf(json.path("stage").asText(Stage.BEFORE_LOG_IN.name())), json.path("said").asText());
    }

    /** The result of a task with this action. */
    AccountResult result(Action action) {
        return action == Action.PROBE ? answer.result() : answer.resultOfWork();
    }
}
