package io.machinemanager.playbook;

import static io.machinemanager.account.ansible.InventoryYaml.entry;
import static io.machinemanager.account.ansible.InventoryYaml.map;
import static io.machinemanager.account.ansible.InventoryYaml.number;
import static io.machinemanager.account.ansible.InventoryYaml.unsafe;
import static io.machinemanager.account.ansible.InventoryYaml.yes;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.yaml.snakeyaml.nodes.NodeTuple;

import io.machinemanager.account.Target;
import io.machinemanager.account.ansible.InventoryYaml;
import io.machinemanager.account.process.PrivateFiles;

/** The files of one run, in its private folder. Some of them are secret. */
final class PlaybookFiles {

    static final String INVENTORY = "inventory.yml";
    static final String SOURCE = "/playbook/";

    private static final String SSH_CONFIG = "ssh_config";
    private static final String KNOWN_HOSTS = "known_hosts";
    private static final String KEY = "key";
    /** Whatever address the machine has: its host key is looked up by this name. */
    private static final String ALIAS = "machine";
    private static final String KEY_OPTIONS = """
                PreferredAuthentications publickey
                PubkeyAuthentication yes
                IdentitiesOnly yes
                BatchMode yes
                IdentityFile "%s"
            """;

    /** A path that needs no quotes, and is short enough to hold a Unix socket with a random suffix. */
    private static final Pattern SOCKET_FOLDER = Pattern.compile("[A-Za-z0-9/._-]{1,70}");

    private final Path folder;

    /** @param folder an empty folder that only this service can read */
    PlaybookFiles(Path folder) {
        this.folder = folder;
    }

    void write(PlaybookInput input) throws IOException {
        Target target = input.target();
        PrivateFiles.write(folder.resolve(INVENTORY), inventory(input));
        PrivateFiles.write(folder.resolve(KNOWN_HOSTS), target.hostKeyLines().stream()
                .map(key -> ALIAS + " " + key + "\n").collect(Collectors.joining()));
        PrivateFiles.write(folder.resolve(SSH_CONFIG), sshConfig(target));
        if (target.login().privateKey() != null) {
            PrivateFiles.write(folder.resolve(KEY), target.login().privateKey());
        }
    }

    private String sshConfig(Target target) throws IOException {
        try (InputStream base = PlaybookFiles.class.getResourceAsStream(SOURCE + SSH_CONFIG)) {
            String text = new String(base.readAllBytes(), StandardCharsets.UTF_8);
            return text + "    UserKnownHostsFile \"%s\"\n    HostKeyAlias %s\n".formatted(path(KNOWN_HOSTS), ALIAS)
                    + (target.login().privateKey() == null
                            ? "    PreferredAuthentications password,keyboard-interactive\n    PubkeyAuthentication no\n"
                            : KEY_OPTIONS.formatted(path(KEY)));
        }
    }

    /** ssh gives a percent sign in a path a meaning. */
    private String path(String file) {
        return folder.resolve(file).toString().replace("%", "%%");
    }

    private String inventory(PlaybookInput input) {
        Target target = input.target();
        List<NodeTuple> values = new ArrayList<>(List.of(
                // also where the operator's ansible.cfg says otherwise
                entry("ansible_connection", unsafe("ssh")),
                entry("ansible_host", unsafe(target.host())),
                entry("ansible_port", number(target.port())),
                entry("ansible_user", unsafe(target.user())),
                entry("ansible_ssh_args", unsafe(sshArguments())),
                entry("ansible_host_key_checking", yes()),
                // what a task is given stays out of files on the machine
                entry("ansible_pipelining", yes())));
        String password = target.login().password();
        if (target.login().privateKey() == null) {
            values.add(entry("ansible_password", unsafe(password)));
        }
        if (password != null && !target.user().equals("root")) {
            values.add(entry("ansible_become_password", unsafe(password)));
        }
        values.add(entry("mm_machine", unsafe(target.machine())));
        values.add(entry("mm_account", unsafe(input.account())));
        values.add(entry("mm_labels", map(input.labels())));
        values.add(entry("mm_request", number(input.request())));
        values.add(entry("mm_note", unsafe(input.note())));
        values.add(entry("mm_owner", unsafe(input.owner())));
        return InventoryYaml.ofHosts(List.of(entry(target.machine(), map(values))));
    }

    /** One connection for all tasks, where its socket has a place. It ends with the run. */
    private String sshArguments() {
        String config = folder.resolve(SSH_CONFIG).toString();
        return SOCKET_FOLDER.matcher(folder.toString()).matches()
                ? "-F %s -o ControlMaster=auto -o ControlPersist=60s -o ControlPath=%s/c".formatted(config, folder)
                : "-F '%s' -o ControlMaster=no".formatted(config.replace("'", "'\"'\"'"));
    }
}
