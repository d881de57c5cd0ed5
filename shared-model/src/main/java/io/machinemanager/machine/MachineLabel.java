package io.machinemanager.machine;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import io.quarkus.runtime.annotations.RegisterForReflection;

/** A label of a machine. The machine is locked while its labels change. */
@Entity
@Table(name = "machine_labels")
@IdClass(MachineLabel.Key.class)
public class MachineLabel extends PanacheEntityBase {

    /** HQL for the labels of the machine {@code m} as a JSON object, null for none, which {@link Labels#read} reads. */
    public static final String AS_JSON = "(select cast(sql('json_objectagg(?, ?)', l.name, l.value) as String)"
            + " from MachineLabel l where l.machineId = m.id)";

    /**
     * Identifies a label.
     *
     * @param machineId the id of the machine
     * @param name the name of the label
     */
    @RegisterForReflection // made by Hibernate
    public record Key(Long machineId, String name) {
    }

    @Id
    public Long machineId;

    /** By the rule of {@link io.machinemanager.selector.LabelSyntax}. */
    @Id
    @Column(length = 63)
    public String name;

    /** May be empty. */
    @Column(length = 63)
    public String value;

    /** The labels of a machine by name. */
    public static SortedMap<String, String> of(long machineId) {
        SortedMap<String, String> labels = new TreeMap<>();
        rows(machineId).forEach(label -> labels.put(label.name, label.value));
        return labels;
    }

    /**
     * Gives a machine these labels and no others.
     *
     * @return whether it had others before
     */
    public static boolean replace(long machineId, Map<String, String> labels) {
        Map<String, String> missing = new TreeMap<>(labels);
        boolean changed = false;
        for (MachineLabel label : rows(machineId)) {
            String value = missing.remove(label.name);
            changed |= !label.value.equals(value);
            if (value == null) {
                label.delete();
            } else {
                label.value = value;
            }
        }
        missing.forEach((name, value) -> add(machineId, name, value));
        return changed || !missing.isEmpty();
    }

    private static void add(long machineId, String name, String value) {
        MachineLabel label = new MachineLabel();
        label.machineId = machineId;
        label.name = name;
        label.value = value;
        label.persist();
    }

    private static List<MachineLabel> rows(long machineId) {
        return list("machineId", machineId);
    }
}
