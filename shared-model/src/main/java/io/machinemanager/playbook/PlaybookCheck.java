package io.machinemanager.playbook;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

import jakarta.enterprise.context.ApplicationScoped;

import io.machinemanager.account.AccountConfig;
import io.machinemanager.account.ansible.AnsibleVersion;
import io.quarkus.runtime.configuration.ConfigUtils;

/** Says what keeps a playbook from being run, for the checks at the start. */
@ApplicationScoped
public class PlaybookCheck {

    private final PlaybookConfig config;
    private final AccountConfig accounts;

    public PlaybookCheck(PlaybookConfig config, AccountConfig accounts) {
        this.config = config;
        this.accounts = accounts;
    }

    /** One sentence for each problem; none when the playbook is not set. */
    public Stream<String> problemsWith(Playbook playbook) {
        return config.path(playbook).stream()
                .flatMap(path -> Stream.concat(problemWith(playbook, path).stream(), problemWithAnsible(playbook)));
    }

    private static Optional<String> problemWith(Playbook playbook, Path path) {
        return Files.isRegularFile(path) && Files.isReadable(path)
                ? Optional.empty()
                : Optional
                        .of("%s is not a file that this service can read: give the path of a playbook, or leave it out."
                                .formatted(playbook.setting()));
    }

    /** Only in production, as it takes most of a second. Account work checks it too, but not with the ssh driver. */
    private Stream<String> problemWithAnsible(Playbook playbook) {
        return accounts.driver() == AccountConfig.Driver.SSH && ConfigUtils.isProfileActive("prod")
                ? AnsibleVersion.problemWith(accounts.playbook()).stream()
                        .map(problem -> "%s is set. %s".formatted(playbook.setting(),
                                problem.replace("Account work needs", "It needs")))
                : Stream.empty();
    }
}
