package io.machinemanager.playbook;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.ansible.AnsibleFiles;

/** Runs the operator's playbooks. Must not be used inside a transaction, as a run takes long. */
@ApplicationScoped
public class PlaybookRunner {

    private static final List<String> RESOURCES = List.of("ansible.cfg", "callback_plugins/playbook_report.py");

    private final PlaybookConfig config;
    private final AccountConfig accounts;
    private final AnsibleFiles files;
    private final Map<Playbook, Semaphore> places = new EnumMap<>(Playbook.class);

    public PlaybookRunner(PlaybookConfig config, AccountConfig accounts) {
        this.config = config;
        this.accounts = accounts;
        this.files = new AnsibleFiles(AnsibleFiles.parentOf(accounts), PlaybookFiles.SOURCE, RESOURCES);
        // of its own for each, so that machines that are being reset hold up no user
        for (Playbook playbook : Playbook.values()) {
            places.put(playbook, new Semaphore(config.concurrency(), true));
        }
    }

    /** Whether there is such a playbook. */
    public boolean isSet(Playbook playbook) {
        return config.path(playbook).isPresent();
    }

    /** The longest that a run takes once it has a place; zero without the playbook. */
    public Duration longest(Playbook playbook) {
        return isSet(playbook) ? config.timeout() : Duration.ZERO;
    }

    /** How many runs of each playbook there are at once. */
    public int concurrency() {
        return config.concurrency();
    }

    /**
     * Starts a run, which waits for a place first.
     *
     * @param claim for how long the claim lasts under which the run works, when it is renewed: a run that is not
     *        {@linkplain PlaybookRun#confirm confirmed} meanwhile ends itself
     * @throws java.util.NoSuchElementException when there is no such playbook
     */
    public PlaybookRun start(Playbook playbook, PlaybookInput input, Duration claim) {
        Path path = config.path(playbook).orElseThrow();
        return new PlaybookRun(playbook, path, input, config, accounts, files, places.get(playbook), claim).start();
    }

    /** Removes the private folder. */
    @PreDestroy
    public void close() {
        files.close();
    }
}
