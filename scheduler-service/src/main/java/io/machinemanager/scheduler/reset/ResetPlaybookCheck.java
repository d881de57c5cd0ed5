package io.machinemanager.scheduler.reset;

import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.playbook.Playbook;
import io.machinemanager.playbook.PlaybookCheck;
import io.machinemanager.startup.StartupCheck;

/** Checks at the start that {@code RESET_PLAYBOOK} can be run. Only the scheduler runs it. */
@ApplicationScoped
class ResetPlaybookCheck implements StartupCheck {

    private final PlaybookCheck check;

    ResetPlaybookCheck(PlaybookCheck check) {
        this.check = check;
    }

    @Override
    public Stream<String> problems() {
        return check.problemsWith(Playbook.RESET);
    }
}
