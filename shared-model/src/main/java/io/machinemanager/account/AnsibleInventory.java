package io.machinemanager.account;

import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * The text of Ansible's inventory and of ssh's known_hosts for one run. In both a machine goes by its number in the run,
 * so that no name from outside means anything to them.
 */
final class AnsibleInventory {

    // Ansible never takes such a value for a template.
    private static final Tag UNSAFE = new Tag("!unsafe");

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9:][A-Za-z0-9._:%-]{0,254}");
    private static final Pattern USER = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._@+-]{0,127}");
    private static final Pattern HOST_KEY = Pattern.compile("[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}");

    private AnsibleInventory() {
    }

    /** The name of a machine in a run, from its place in the list of tasks. */
    static String hostName(int place) {
        return "m" + place;
    }

    /** What keeps a machine from being logged in to, as one sentence; nothing when all is well. */
    static Optional<String> problemWith(Target target) {
        if (!HOST.matcher(target.host()).matches()) {
            return Optional.of("The machine's address is neither a DNS name nor an IP address.");
        }
        if (target.port() < 1 || target.port() > 65535) {
            return Optional.of("The machine's SSH port is not between 1 and 65535.");
        }
        if (!USER.matcher(target.user()).matches()) {
            return Optional.of("The name to log in to the machine with has characters that ssh cannot take.");
        }
        if (target.password().isEmpty() || !isOneLine(target.password())) {
            return Optional.of("The password to log in to the machine with is empty or has control characters.");
        }
        if (keysOf(target).isEmpty() || !keysOf(target).stream().allMatch(key -> HOST_KEY.matcher(key).matches())) {
            return Optional.of("The machine's SSH host keys are not known.");
        }
        return Optional.empty();
    }

    private static boolean isOneLine(String text) {
        return text.codePoints()
                .noneMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE);
    }

    /**
     * The inventory.
     *
     * @param limit how long a machine may take
     * @return YAML in ASCII
     */
    static String inventory(List<AccountTask> tasks, Duration limit) {
        List<NodeTuple> hosts = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            hosts.add(entry(hostName(i), host(hostName(i), tasks.get(i), limit)));
        }
        Node all = map(List.of(entry("all", map(List.of(entry("hosts", map(hosts)))))));
        StringWriter text = new StringWriter();
        new Yaml(options()).serialize(all, text);
        return text.toString();
    }

    private static Node host(String name, AccountTask task, Duration limit) {
        Target target = task.target();
        return map(List.of(entry("ansible_host", unsafe(target.host())),
                entry("ansible_port", plain(Tag.INT, Integer.toString(target.port()))),
                entry("ansible_user", unsafe(target.user())), entry("ansible_password", unsafe(target.password())),
                entry("ansible_ssh_extra_args", unsafe("-o HostKeyAlias=" + name)),
                entry("account_command", unsafe(AccountScript.command(target))),
                entry("account_input", unsafe(AccountScript.input(task, limit)))));
    }

    /** The host keys of all machines, as sshd(8) describes the file. */
    static String knownHosts(List<AccountTask> tasks) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < tasks.size(); i++) {
            String name = hostName(i);
            text.append(keysOf(tasks.get(i).target()).stream().map(key -> name + " " + key + "\n")
                    .collect(Collectors.joining()));
        }
        return text.toString();
    }

    private static List<String> keysOf(Target target) {
        return target.hostKeys() == null
                ? List.of()
                : target.hostKeys().lines().map(String::strip).filter(key -> !key.isEmpty()).toList();
    }

    private static DumperOptions options() {
        DumperOptions options = new DumperOptions();
        options.setAllowUnicode(false);
        options.setSplitLines(false);
        return options;
    }

    private static NodeTuple entry(String key, Node value) {
        return new NodeTuple(plain(Tag.STR, key), value);
    }

    private static Node map(List<NodeTuple> entries) {
        return new MappingNode(Tag.MAP, entries, FlowStyle.BLOCK);
    }

    private static Node plain(Tag tag, String value) {
        return new ScalarNode(tag, value, null, null, ScalarStyle.PLAIN);
    }

    private static Node unsafe(String value) {
        return new ScalarNode(UNSAFE, value, null, null, ScalarStyle.DOUBLE_QUOTED);
    }
}
