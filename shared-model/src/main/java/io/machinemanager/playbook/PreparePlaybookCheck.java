package io.machinemanager.playbook;

import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.startup.StartupCheck;

/** Checks at the start that {@code PREPARE_PLAYBOOK} can be run. Both services run it. */
@ApplicationScoped
class PreparePlaybookCheck implements StartupCheck {

    private final PlaybookCheck check;

    PreparePlaybookCheck(PlaybookCheck check) {
        this.check = check;
    }

    @Override
    public Stream<String> problems() {
        return check.problemsWith(Playbook.PREPARE);
    }
}
