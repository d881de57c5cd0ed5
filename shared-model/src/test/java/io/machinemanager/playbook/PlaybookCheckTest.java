package io.machinemanager.playbook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaybookCheckTest {

    @TempDir
    Path folder;

    @Test
    void aPlaybookThatIsNotThereKeepsTheServiceFromStarting() throws IOException {
        TestPlaybooks playbooks = new TestPlaybooks(folder);
        var missing = new TestPlaybooks.Settings(Optional.of(folder.resolve("no.yml")), Optional.of(folder),
                Duration.ofMinutes(1), 1);
        var check = new PlaybookCheck(missing, playbooks.accounts());
        assertThat(check.problemsWith(Playbook.PREPARE)).containsExactly("PREPARE_PLAYBOOK is not a file that this"
                + " service can read: give the path of a playbook, or leave it out.");
        assertThat(check.problemsWith(Playbook.RESET)).as("a folder").hasSize(1);

        var there = new PlaybookCheck(playbooks.settings(playbooks.playbook(""), Duration.ofMinutes(1), 1),
                playbooks.accounts());
        assertThat(there.problemsWith(Playbook.RESET)).isEmpty();
    }

    @Test
    void withoutPlaybooksNothingIsChecked() {
        var none = new TestPlaybooks.Settings(Optional.empty(), Optional.empty(), Duration.ofMinutes(1), 1);
        var check = new PlaybookCheck(none, new TestPlaybooks(folder).accounts());
        assertThat(check.problemsWith(Playbook.PREPARE)).isEmpty();
        assertThat(check.problemsWith(Playbook.RESET)).isEmpty();
    }
}
