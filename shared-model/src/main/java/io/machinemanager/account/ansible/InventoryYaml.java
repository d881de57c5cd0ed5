package io.machinemanager.account.ansible;

import java.io.StringWriter;
import java.util.List;
import java.util.Map;

import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/** The parts of an inventory in YAML, for a yaml inventory of Ansible. */
public final class InventoryYaml {

    // Ansible never evaluates a value with this tag as a template.
    private static final Tag UNSAFE = new Tag("!unsafe");

    private InventoryYaml() {
    }

    /**
     * The inventory with these hosts.
     *
     * @param hosts an {@link #entry} for each, with its variables as a {@link #map}
     * @return YAML in ASCII; a secret when a variable is one
     */
    public static String ofHosts(List<NodeTuple> hosts) {
        Node all = map(List.of(entry("all", map(List.of(entry("hosts", map(hosts)))))));
        StringWriter text = new StringWriter();
        new Yaml(options()).serialize(all, text);
        return text.toString();
    }

    private static DumperOptions options() {
        DumperOptions options = new DumperOptions();
        options.setAllowUnicode(false);
        options.setSplitLines(false);
        return options;
    }

    /** A key with its value. */
    public static NodeTuple entry(String key, Node value) {
        return new NodeTuple(new ScalarNode(Tag.STR, key, null, null, ScalarStyle.DOUBLE_QUOTED), value);
    }

    /** A map. */
    public static Node map(List<NodeTuple> entries) {
        return new MappingNode(Tag.MAP, entries, FlowStyle.BLOCK);
    }

    /** A map of texts from outside. */
    public static Node map(Map<String, String> texts) {
        return map(texts.entrySet().stream().map(text -> entry(text.getKey(), unsafe(text.getValue()))).toList());
    }

    /** A number. */
    public static Node number(long value) {
        return new ScalarNode(Tag.INT, Long.toString(value), null, null, ScalarStyle.PLAIN);
    }

    /** True. */
    public static Node yes() {
        return new ScalarNode(Tag.BOOL, "true", null, null, ScalarStyle.PLAIN);
    }

    /** A text from outside: Ansible takes it as it is and evaluates no template in it. */
    public static Node unsafe(String value) {
        return new ScalarNode(UNSAFE, value, null, null, ScalarStyle.DOUBLE_QUOTED);
    }
}
