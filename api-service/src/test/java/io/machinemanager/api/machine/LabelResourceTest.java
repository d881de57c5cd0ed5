package io.machinemanager.api.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.machinemanager.api.ApiFixture;
import io.machinemanager.audit.AuditAction;
import io.machinemanager.audit.AuditEntry;
import io.machinemanager.machine.Machine;
import io.machinemanager.machine.MachineLabel;
import io.machinemanager.testing.MariaDbResource;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class LabelResourceTest extends MachineApiTestBase {

    /** Three machines: m1 with os=debian and gpu, m2 with os=alpine, m3 without labels. */
    private void threeMachines() {
        scene.machines("m1", "m2", "m3");
        label("m1", Map.of("os", "debian", "gpu", ""));
        label("m2", Map.of("os", "alpine"));
    }

    private ValidatableResponse label(String machine, Map<String, String> labels) {
        return change(machine, Map.of("labels", labels)).statusCode(200);
    }

    private ValidatableResponse list(String path, String selector) {
        return ApiFixture.with(alice).queryParam("selector", selector).get(path).then();
    }

    private static Map<String, String> labels(int count) {
        return IntStream.range(0, count).boxed().collect(Collectors.toMap(i -> "k" + i, i -> "v"));
    }

    private List<String> audited(AuditAction action) {
        return QuarkusTransaction.requiringNew().call(() -> AuditEntry
                .<AuditEntry>list("action = ?1 order by id desc", action).stream().map(entry -> entry.detail).toList());
    }

    @Test
    void aMachineIsRegisteredWithLabelsAndShowsThemSorted() {
        register(machine("m1", Map.of("labels", Map.of("os", "debian", "arch", "arm64", "gpu", "")))).statusCode(201)
                .body("labels", is(Map.of("os", "debian", "arch", "arm64", "gpu", "")));
        register(machine("m2", Map.of("port", 2))).statusCode(201).body("labels", is(Map.of()));

        get(alice, "/machines").body("[0].labels.keySet()", contains("arch", "gpu", "os"))
                .body("[1].labels", is(Map.of()));
        get(alice, "/machines/m1").body("labels.keySet()", contains("arch", "gpu", "os"));
        assertThat(audited(AuditAction.MACHINE_REGISTERED).get(1))
                .endsWith("as root, labels arch=arm64, gpu=, os=debian");
    }

    @Test
    void aChangeIsMergedAndTheAuditNamesTheLabels() {
        threeMachines();

        change("m1", "{\"labels\":{\"os\":\"alpine\",\"gpu\":null,\"none\":null,\"rack\":\"7\"}}").statusCode(200)
                .body("labels", is(Map.of("os", "alpine", "rack", "7")));
        assertThat(audited(AuditAction.MACHINE_CHANGED).getFirst())
                .endsWith("labels gpu removed, none removed, os=alpine, rack=7");
        change("m1", "{\"labels\":{}}").statusCode(200).body("labels", is(Map.of("os", "alpine", "rack", "7")));
        change("m1", "{\"labels\":null,\"enabled\":false}").statusCode(200).body("labels.size()", is(2));
        change("m1", "{\"labels\":null}").statusCode(400).body("message", containsString("labels"));
    }

    @Test
    void labelsGoWithTheirMachine() {
        threeMachines();
        ApiFixture.with(admin).delete("/machines/m1").then().statusCode(200);

        register(machine("m1")).statusCode(201).body("labels", is(Map.of()));
        get(alice, "/labels").body("name", contains("os")).body("[0].values.value", contains("alpine"));
    }

    @Test
    void labelsThatProbesSetAreShownAndNobodyElseSetsThem() {
        fakes.setFacts("m1", Map.of("cores", "4", "arch", "aarch64"));
        register(machine("m1", Map.of("host_key", HOST_KEY, "labels", Map.of("os", "debian")))).statusCode(201)
                .body("labels", is(Map.of("os", "debian", "mm/cores", "4", "mm/arch", "arm64")));

        for (String label : List.of("{\"mm/cores\":\"64\"}", "{\"mm/cores\":null}", "{\"mm/mine\":\"\"}")) {
            change("m1", "{\"labels\":" + label + "}").statusCode(400).body("fields", contains("labels"))
                    .body("message", containsString("mm/"));
        }
        register(machine("m2", Map.of("port", 2, "labels", Map.of("mm/cores", "64")))).statusCode(400);
        list("/machines", "mm/cores=4,os").body("name", contains("m1"));
    }

    @Test
    void aMachineHasUpTo32LabelsOfAdmins() {
        register(machine("m1", Map.of("labels", labels(33)))).statusCode(400).body("fields", contains("labels"));
        register(machine("m1", Map.of("labels", labels(32)))).statusCode(201).body("labels.size()", is(32));
        scene.change(() -> MachineLabel.replace(Machine.byName("m1").orElseThrow().id,
                with(labels(32), "mm/cores", "4")));

        change("m1", Map.of("labels", Map.of("one-more", ""))).statusCode(400).body("fields", contains("labels"))
                .body("message", containsString("at most 32"));
        change("m1", "{\"labels\":{\"k0\":null,\"one-more\":\"\"}}").statusCode(200).body("labels.size()", is(33));
    }

    private static Map<String, String> with(Map<String, String> labels, String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(labels);
        more.put(name, value);
        return more;
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"os=debian\"", "[]", "5", "{\"os\":5}", "{\"os\":true}", "{\"os\":{}}",
            "{\"os\":[\"a\"]}",
            "{\"\":\"a\"}", "{\"o s\":\"a\"}", "{\"os\":\"a b\"}", "{\"os\":\"a\\nb\"}", "{\"os\\u0000\":\"a\"}",
            "{\"größe\":\"1\"}", "{\"os\":\"ü\"}", "{\"os\":\"{{ x }}\"}", "{\"os\":\"$(x)\"}", "{\"os\":\"'\"}",
            "{\"os\":\"a\",\"os\":\"b\"}" })
    void otherLabelsAreRefusedInWordsAndNothingIsStored(String labels) {
        threeMachines();
        String before = get(alice, "/machines").extract().asString();

        change("m1", "{\"labels\":" + labels + "}").statusCode(400).body("error", is("invalid_request"));
        register("{\"name\":\"m4\",\"host\":\"127.0.0.1\",\"port\":4,\"user\":\"root\",\"password\":\"x\",\"labels\":"
                + labels + "}").statusCode(400);

        assertThat(get(alice, "/machines").extract().asString()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            os=debian          | m1
            os                 | m1 m2
            os!=debian         | m2 m3
            !os                | m3
            gpu=               | m1
            os in (alpine,x)   | m2
            os notin (alpine)  | m1 m3
            os,!gpu            | m2
            os=windows         | -
            ''                 | m1 m2 m3
            """)
    void aSelectorFiltersTheMachines(String selector, String found) {
        threeMachines();
        String[] names = found == null ? new String[0] : found.split(" ");

        list("/machines", selector).statusCode(200).body("name", equalTo(Arrays.asList(names)));
        list("/available", selector).statusCode(200).body("available", equalTo(Arrays.asList(names)))
                .body("reserved", empty()).body("unavailable", empty());
    }

    @Test
    void aPageIsOneOfTheSelectedMachinesAndTheirNumberIsTold() {
        threeMachines();

        list("/machines?limit=1&offset=1", "os").statusCode(200).body("name", contains("m2"))
                .header("X-Total-Count", "2");
        list("/machines?limit=1&offset=2", "os").statusCode(200).body("name", empty()).header("X-Total-Count", "2");
        list("/machines?limit=5", "os=none").body("name", empty()).header("X-Total-Count", "0");
    }

    @Test
    void aLongListOfSelectedMachinesIsWhole() {
        scene.change(() -> Machine.getEntityManager().createNativeQuery(
                """
                        insert into machines (id, name, host, port, ssh_user, next_probe_at, created_at)
                        select -seq, concat('x', seq), 'h', 22, 'root', utc_timestamp(6), utc_timestamp(6) from seq_1_to_9000""")
                .executeUpdate());
        scene.change(() -> Machine.getEntityManager().createNativeQuery(
                "insert into machine_labels select id, 'half', id % 2 from machines").executeUpdate());

        list("/machines", "half=0").body("size()", is(4500)).body("labels.half.unique()", contains("0"));
        get(alice, "/labels").body("[0].values.machines", contains(4500, 4500));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/machines", "/available" })
    void aWrongSelectorIsRefusedWithThePlace(String path) {
        list(path, "os=debian,gpu in ()").statusCode(400).body("error", is("invalid_request"))
                .body("fields", contains("selector")).body("position", is(19))
                .body("message", is("The selector is wrong at character 19: the set is empty, and needs a value."));
        list(path, "a".repeat(1001)).statusCode(400).body("position", is(1001));
        list(path, "größe").statusCode(400).body("position", is(3));
        ApiFixture.with(alice).get(path + "?selector=a&selector=b").then().statusCode(400)
                .body("fields", contains("selector"));
    }

    @Test
    void theLabelsInUseAreListedWithTheNumbersOfMachines() {
        get(alice, "/labels").body("$", empty());
        threeMachines();
        label("m3", Map.of("os", "alpine"));

        get(alice, "/labels").body("name", contains("gpu", "os")).body("[0].values", is(List.of(
                Map.of("value", "", "machines", 1)))).body("[1].values",
                        is(List.of(Map.of("value", "alpine", "machines", 2), Map.of("value", "debian", "machines", 1))))
                .body("[0].keySet()", contains("name", "values"));
        ApiFixture.with(alice).get("/labels?limit=1&offset=1").then().statusCode(200).body("name", contains("os"))
                .header("X-Total-Count", "2");
        ApiFixture.with(alice).get("/labels?limit=0").then().statusCode(400);
    }

    @Test
    void aLabelWithManyValuesTellsHowManyAreNotListed() {
        scene.change(() -> Machine.getEntityManager().createNativeQuery(
                """
                        insert into machines (id, name, host, port, ssh_user, next_probe_at, created_at)
                        select -seq, concat('x', seq), 'h', 22, 'root', utc_timestamp(6), utc_timestamp(6) from seq_1_to_1500""")
                .executeUpdate());
        scene.change(() -> Machine.getEntityManager().createNativeQuery(
                "insert into machine_labels select id, 'serial', -id from machines").executeUpdate());

        get(alice, "/labels").body("[0].values.size()", is(1000)).body("[0].more_values", is(500));
    }

    @Test
    void aConditionCoversLabelsAndAProbeThatFindsTheSameDoesNotBreakIt() {
        fakes.setFacts("m1", Map.of("cores", "4"));
        register(machine("m1", Map.of("host_key", HOST_KEY))).statusCode(201);
        String tag = get(admin, "/machines/m1").extract().header("ETag");

        change("m1", "{\"password\":\"causes a probe\"}").statusCode(200);
        ApiFixture.with(admin).header("If-Match", tag).contentType("application/json")
                .body("{\"labels\":{\"os\":\"debian\"}}").patch("/machines/m1").then().statusCode(200);
        ApiFixture.with(admin).header("If-Match", tag).contentType("application/json")
                .body("{\"labels\":{\"os\":\"alpine\"}}").patch("/machines/m1").then().statusCode(412);

        String present = get(admin, "/machines/m1").body("labels.os", is("debian")).extract().header("ETag");
        fakes.setFacts("m1", Map.of("cores", "8"));
        change("m1", "{\"password\":\"causes a probe\"}").statusCode(200);
        get(admin, "/machines/m1").header("ETag", not(present)).body("labels.'mm/cores'", is("8"));
    }
}
