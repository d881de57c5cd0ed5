package io.machinemanager.selector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import jakarta.inject.Inject;
import jakarta.persistence.LockModeType;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.machinemanager.database.HqlCondition;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineLabel;
import io.machinemanager.testing.Deep;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.testing.ReservationFixture;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

/** Random selectors select the same of random machines in memory and in the database. */
@QuarkusTest
@WithTestResource(MariaDbResource.class)
class SelectorConditionTest {

    private static final int SELECTORS = Deep.isIncluded() ? 20_000 : 1_500;

    // Names and values that only differ in what a wrong collation or padding would take for equal, and words of the grammar.
    private static final List<String> NAMES = List.of("os", "OS", "in", "notin", "mm/cores", "a.b", "a-b");
    private static final List<String> VALUES = List.of("", "a", "A", "a.a", "1", "01", "in", "b");

    @Inject
    ReservationFixture fixture;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @BeforeEach
    @AfterEach
    void clear() {
        fixture.clear();
    }

    @Test
    void theDatabaseSelectsTheSameMachinesAsThePredicate() {
        Map<String, Map<String, String>> machines = randomMachines();

        QuarkusTransaction.requiringNew().run(() -> {
            for (int i = 0; i < SELECTORS; i++) {
                Selector selector = Selector.parse(randomSelector());
                List<String> expected = machines.entrySet().stream()
                        .filter(machine -> selector.matches(machine.getValue())).map(Map.Entry::getKey).toList();

                assertThat(selected(selector)).as("seed %d, selector %s", seed, selector).isEqualTo(expected);
                assertThat(Selector.parse(selector.text())).as("seed %d", seed).isEqualTo(selector);
            }
        });
    }

    @Test
    void aConditionFitsIntoAQueryThatLocksMachinesAndIntoOneWithoutARequirement() {
        randomMachines();
        QuarkusTransaction.requiringNew().run(() -> {
            MachineLabel.replace(Machine.byName("m1").orElseThrow().id, Map.of("os", "debian"));
            assertThat(selected(Selector.ALL)).hasSize(40);
            HqlCondition condition = Selector.parse("os=debian,!none").condition("m.id");
            List<Machine> locked = Machine.<Machine>find("from Machine m where m.enabled = true and " + condition.hql(),
                    condition.parameters()).withLock(LockModeType.PESSIMISTIC_WRITE).list();
            assertThat(locked).extracting(machine -> machine.name).containsExactly("m1");
        });
    }

    private static List<String> selected(Selector selector) {
        HqlCondition condition = selector.condition("m.id");
        return condition.bind(Machine.getSession().createSelectionQuery(
                "select m.name from Machine m where m.enabled = true and " + condition.hql() + " order by m.name",
                String.class)).getResultList();
    }

    /** Forty machines, of which some have no labels and some have all of them. */
    private Map<String, Map<String, String>> randomMachines() {
        Map<String, Map<String, String>> machines = new TreeMap<>();
        IntStream.range(0, 40).forEach(i -> machines.put("m" + i, randomLabels()));
        fixture.machines(machines.keySet().toArray(String[]::new));
        QuarkusTransaction.requiringNew().run(() -> machines.forEach(
                (name, labels) -> MachineLabel.replace(Machine.byName(name).orElseThrow().id, labels)));
        return machines;
    }

    private Map<String, String> randomLabels() {
        int share = random.nextInt(5);
        return NAMES.stream().filter(name -> random.nextInt(4) < share)
                .collect(Collectors.toMap(name -> name, name -> one(VALUES)));
    }

    private String randomSelector() {
        return IntStream.rangeClosed(0, random.nextInt(4)).mapToObj(i -> randomRequirement())
                .collect(Collectors.joining(random.nextBoolean() ? "," : " , "));
    }

    private String randomRequirement() {
        String name = one(NAMES);
        return switch (random.nextInt(7)) {
            case 0 -> name;
            case 1 -> "!" + name;
            case 2 -> name + "=" + one(VALUES);
            case 3 -> name + "==" + one(VALUES);
            case 4 -> name + " != " + one(VALUES);
            case 5 -> name + " in (" + set() + ")";
            default -> name + " notin (" + set() + ")";
        };
    }

    private String set() {
        List<String> values = new ArrayList<>(VALUES);
        Collections.shuffle(values, random);
        String set = String.join(",", values.subList(0, 1 + random.nextInt(4)));
        // the grammar takes () for a set without a value
        return set.isEmpty() ? "," : set;
    }

    private String one(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }
}
