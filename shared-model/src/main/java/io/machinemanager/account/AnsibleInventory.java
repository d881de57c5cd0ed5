package io.machinemanager.account;

import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

import io.machinemanager.account.AccountTask.Action;

/**
 * The text of Ansible's inventory and of ssh's known_hosts for one run. In both a machine goes by its number in the run,
 * so that no name from outside means anything to them.
 */
final class AnsibleInventory {

    // Ansible never takes such a value for a template.
    private static final Tag UNSAFE = new Tag("!unsafe");

    private AnsibleInventory() {
    }

    /** The name of a machine in a run, from its place in the list of tasks. */
    static String hostName(int place) {
        return "m" + place;
    }

    /**
     * The inventory.
     *
     * @param limit how long a machine may take for work on an account
     * @param lookLimit how long Ansible waits for the answer of a machine that is only looked at
     * @return YAML in ASCII
     */
    static String inventory(List<AccountTask> tasks, Duration limit, Duration lookLimit) {
        List<NodeTuple> hosts = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            hosts.add(entry(hostName(i), host(hostName(i), tasks.get(i), limit, lookLimit)));
        }
        Node all = map(List.of(entry("all", map(List.of(entry("hosts", map(hosts)))))));
        StringWriter text = new StringWriter();
        new Yaml(options()).serialize(all, text);
        return text.toString();
    }

    private static Node host(String name, AccountTask task, Duration limit, Duration lookLimit) {
        Target target = task.target();
        List<NodeTuple> values = new ArrayList<>(List.of(entry("ansible_host", unsafe(target.host())),
                entry("ansible_port", plain(Tag.INT, Integer.toString(target.port()))),
                entry("ansible_user", unsafe(target.user())), entry("ansible_password", unsafe(target.password())),
                entry("ansible_ssh_extra_args", unsafe("-o HostKeyAlias=" + name)),
                entry("account_command", unsafe(AccountScript.command(target))),
                entry("account_input", unsafe(AccountScript.input(task, limit)))));
        if (task.action() == Action.PROBE) {
            Node patience = plain(Tag.INT, Long.toString(Math.max(1, lookLimit.toSeconds())));
            values.add(entry("ansible_ssh_timeout", patience));
            values.add(entry("account_patience", patience));
        }
        return map(values);
    }

    /** The host keys of all machines, as sshd(8) describes the file. */
    static String knownHosts(List<AccountTask> tasks) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < tasks.size(); i++) {
            String name = hostName(i);
            text.append(tasks.get(i).target().hostKeyLines().stream().map(key -> name + " " + key + "\n")
                    .collect(Collectors.joining()));
        }
        return text.toString();
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
