package io.machinemanager.account.ansible;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

import io.machinemanager.account.AccountTask;
import io.machinemanager.account.AccountWork;
import io.machinemanager.account.ScriptLimits;
import io.machinemanager.account.Target;

class AnsibleInventoryTest {

    private static final String KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbJ";

    @ParameterizedTest
    @ValueSource(strings = {"plain", "{{ 7*7 }}", "{% raw %}", "'\"\\ $(id) `id`", "a: b # c", "- x", "!vault |",
            "*a &b",
            "null", "0x10", " lead and trail ", "pässwörd €", "日本語", "\uD83D\uDE00", "\u0085\u2028\uFEFF", "~", "",
            "%" })
    void passwordIsReadBackAsItIsAndNeverATemplate(String password) {
        String text = AnsibleInventory.inventory(List.of(task(target(password))),
                new ScriptLimits(Duration.ofSeconds(40), 20000, 59999),
                Duration.ofSeconds(54), Duration.ofSeconds(10));

        assertThat(text).matches("[ -~\\n]*");
        ScalarNode value = hosts(text).get("m0").get("ansible_password");
        assertThat(value.getValue()).isEqualTo(password);
        assertThat(value.getTag().getValue()).isEqualTo("!unsafe");
    }

    @Test
    void everyMachineHasItsOwnValues() {
        var first = new Target("all", "host-a", 22, "root", "one", KEY);
        var second = new Target("localhost", "::1", 2222, "admin", "two", KEY + "\nssh-rsa BBBB=\n");
        var tasks = List.of(task(first), task(second));

        var hosts = hosts(AnsibleInventory.inventory(tasks, new ScriptLimits(Duration.ofSeconds(40), 20000, 59999),
                Duration.ofSeconds(54), Duration.ofSeconds(10)));
        assertThat(hosts).containsOnlyKeys("m0", "m1");
        assertThat(hosts.get("m1").get("ansible_host").getValue()).isEqualTo("::1");
        assertThat(hosts.get("m1").get("ansible_port").getValue()).isEqualTo("2222");
        assertThat(hosts.get("m1").get("account_input").getValue()).startsWith("two\nMM-BEGIN\nREMOVE\nalice\n7\n");
        assertThat(AnsibleInventory.knownHosts(tasks))
                .isEqualTo("m0 " + KEY + "\nm1 " + KEY + "\nm1 ssh-rsa BBBB=\n");
    }

    private static Target target(String password) {
        return new Target("one", "127.0.0.1", 22, "root", password, KEY);
    }

    private static AccountTask task(Target target) {
        return AccountWork.removal(target, "alice", 7);
    }

    private static Map<String, Map<String, ScalarNode>> hosts(String text) {
        Node all = entries(new Yaml().compose(new StringReader(text))).get("all");
        Map<String, Map<String, ScalarNode>> hosts = new HashMap<>();
        entries(entries(all).get("hosts")).forEach((name, values) -> {
            Map<String, ScalarNode> scalars = new HashMap<>();
            entries(values).forEach((key, value) -> scalars.put(key, (ScalarNode) value));
            hosts.put(name, scalars);
        });
        return hosts;
    }

    private static Map<String, Node> entries(Node map) {
        Map<String, Node> entries = new HashMap<>();
        ((MappingNode) map).getValue()
                .forEach(entry -> entries.put(((ScalarNode) entry.getKeyNode()).getValue(), entry.getValueNode()));
        return entries;
    }
}
