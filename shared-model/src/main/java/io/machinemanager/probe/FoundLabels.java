package io.machinemanager.probe;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

import io.machinemanager.machine.Labels;
import io.machinemanager.selector.LabelSyntax;

/**
 * Makes labels of what a probe found on a machine. A machine can send anything, so what is not known or not valid is left
 * out.
 */
final class FoundLabels {

    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,14}");
    private static final Map<String, String> ARCHITECTURES = Map.of("x86_64", "amd64", "aarch64", "arm64");
    private static final long KIB_IN_MIB = 1024;
    private static final long KIB_IN_GIB = 1024 * KIB_IN_MIB;

    private FoundLabels() {
    }

    /** The labels of facts, see {@link io.machinemanager.account.AccountResult#facts()}. */
    static SortedMap<String, String> of(Map<String, String> facts) {
        SortedMap<String, String> labels = new TreeMap<>();
        facts.forEach((name, fact) -> {
            String value = value(name, fact);
            if (!value.isEmpty() && LabelSyntax.isValue(value)) {
                labels.put(Labels.OF_THE_SERVICE + name, value);
            }
        });
        return labels;
    }

    /** The value of a label; empty for none. */
    private static String value(String name, String fact) {
        return switch (name) {
            case "kernel", "os" -> fact;
            // the names that Debian, Docker and Kubernetes have for them
            case "arch" -> ARCHITECTURES.getOrDefault(fact, fact);
            case "cores" -> NUMBER.matcher(fact).matches() ? fact : "";
            case "memory" -> NUMBER.matcher(fact).matches() ? memory(Long.parseLong(fact)) : "";
            default -> "";
        };
    }

    /** Rounded, because a kernel keeps some of a machine's memory for itself. */
    private static String memory(long kib) {
        return kib < KIB_IN_GIB / 2
                ? Math.round((double) kib / KIB_IN_MIB) + "MiB"
                : Math.round((double) kib / KIB_IN_GIB) + "GiB";
    }
}
