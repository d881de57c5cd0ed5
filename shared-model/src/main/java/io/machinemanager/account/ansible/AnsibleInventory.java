package io.machinemanager.account.ansible;

import static io.machinemanager.account.ansible.InventoryYaml.entry;
import static io.machinemanager.account.ansible.InventoryYaml.map;
import static io.machinemanager.account.ansible.InventoryYaml.number;
import static io.machinemanager.account.ansible.InventoryYaml.unsafe;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;

import io.machinemanager.account.AccountScript;
import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountTask.Action;
import io.machinemanager.account.ScriptLimits;
import io.machinemanager.account.Target;

/**
 * The text of Ansible's inventory and of ssh's known_hosts for one run. Both name a machine by its number in the run, as a
 * name from outside could have a meaning for Ansible or ssh.
 */
final class AnsibleInventory {

    // Override ssh_config, which is for passwords.
    private static final String KEY_OPTIONS = " -o IdentitiesOnly=yes -o PubkeyAuthentication=yes"
            + " -o PreferredAuthentications=publickey -o BatchMode=yes";

    private AnsibleInventory() {
    }

    /** The name of a machine in a run, from the index of its task. */
    static String hostName(int index) {
        return "m" + index;
    }

    /**
     * The inventory.
     *
     * @param workTimeout how long Ansible waits for the answer of a machine before it goes on with another
     * @param probeTimeout the same for a machine that is only probed
     * @return YAML in ASCII; a secret, as it holds passwords
     */
    static String inventory(List<AccountTask> tasks, ScriptLimits limits, Duration workTimeout, Duration probeTimeout) {
        List<NodeTuple> hosts = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            AccountTask task = tasks.get(i);
            Node timeout = seconds(task.action() == Action.PROBE ? probeTimeout : workTimeout);
            hosts.add(entry(hostName(i), host(hostName(i), task, limits, timeout)));
        }
        return InventoryYaml.ofHosts(hosts);
    }

    private static Node host(String name, AccountTask task, ScriptLimits limits, Node timeout) {
        Target target = task.target();
        List<NodeTuple> values = new ArrayList<>(List.of(entry("ansible_host", unsafe(target.host())),
                entry("ansible_port", number(target.port())),
                entry("ansible_user", unsafe(target.user())),
                entry("account_command", unsafe(AccountScript.command(target))),
                entry("account_input", unsafe(AccountScript.input(task, limits))),
                entry("account_timeout", timeout)));
        String options = "-o HostKeyAlias=" + name;
        if (target.login().privateKey() == null) {
            values.add(entry("ansible_password", unsafe(target.login().password())));
        } else {
            options += " -o IdentityFile=" + keyFile(name) + KEY_OPTIONS;
        }
        values.add(entry("ansible_ssh_extra_args", unsafe(options)));
        if (task.action() == Action.PROBE) {
            values.add(entry("ansible_ssh_timeout", timeout));
        }
        return map(values);
    }

    /** The private keys that the run needs, by file name in the folder of the run. */
    static Map<String, String> keyFiles(List<AccountTask> tasks) {
        Map<String, String> files = new LinkedHashMap<>();
        for (int i = 0; i < tasks.size(); i++) {
            String key = tasks.get(i).target().login().privateKey();
            if (key != null) {
                files.put(keyFile(hostName(i)), key);
            }
        }
        return files;
    }

    private static String keyFile(String host) {
        return host + ".key";
    }

    /** The host keys of all machines, in the format of known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
    static String knownHosts(List<AccountTask> tasks) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < tasks.size(); i++) {
            String name = hostName(i);
            text.append(tasks.get(i).target().hostKeyLines().stream().map(key -> name + " " + key + "\n")
                    .collect(Collectors.joining()));
        }
        return text.toString();
    }

    private static Node seconds(Duration time) {
        return number(Math.max(1, time.toSeconds()));
    }
}
