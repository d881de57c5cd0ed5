package io.machinemanager.playbook;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import io.machinemanager.account.Target;

/**
 * What a playbook is told. The texts come from users and admins, and are never evaluated.
 *
 * @param target the machine, and how to log in to it
 * @param account the account that is or was lent
 * @param labels the labels of the machine
 * @param request the id of the request that the reservation belongs to
 * @param note its purpose, as the requester put it; may be empty
 * @param owner the user who reserved
 */
public record PlaybookInput(Target target, String account, Map<String, String> labels, long request, String note,
        String owner) {

    /** By these names Ansible means the host that it runs on, or groups of hosts. */
    private static final Set<String> TAKEN = Set.of("localhost", "127.0.0.1", "all", "ungrouped");

    public PlaybookInput {
        labels = Map.copyOf(labels);
        note = Objects.requireNonNullElse(note, "");
    }

    /** Says in one sentence why no playbook can work on the machine; empty when one can. */
    Optional<String> problem() {
        return TAKEN.contains(target.machine().toLowerCase(Locale.ROOT))
                ? Optional.of("For Ansible the name %s is not that of a machine: register the machine by another one."
                        .formatted(target.machine()))
                : target.problem();
    }
}
