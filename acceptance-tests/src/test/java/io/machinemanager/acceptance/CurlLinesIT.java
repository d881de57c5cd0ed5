package io.machinemanager.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.LabMachine;
import io.machinemanager.testing.SshLogin;
import io.restassured.path.json.JsonPath;

/** The calls of the original's clients, as they write them, in their order. */
class CurlLinesIT {

    private final Map<String, String> environment = new HashMap<>();

    private String run(String line) {
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", line).redirectErrorStream(true);
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes());
            assertThat(process.waitFor()).as(output).isZero();
            return output;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private JsonPath json(String line) {
        return JsonPath.from(run(line));
    }

    @Test
    void eachWorksAsItIsWritten() {
        try (Installation installation = new Installation(3, 1, Map.of("ADMIN_DEFAULT_PASSWORD", "admin-password"))) {
            LabMachine third = installation.lab.machine(2);
            environment.putAll(Map.of("API", installation.url(), "NAME", third.name(), "PORT",
                    Integer.toString(third.port()), "PASSWORD", third.password(), "LOGIN", third.user()));

            assertThat(run("curl -s $API/healthz")).isEqualTo("{\"status\":\"ok\"}");
            environment.put("TOKEN", json("""
                    curl -s -X POST $API/login -H 'Content-Type: application/json' \
                      -d '{"username":"admin","password":"admin-password"}'""").getString("access_token"));
            assertThat(json("curl -s $API/whoami -H \"Authorization: Bearer $TOKEN\"").getMap(""))
                    .containsEntry("user", "admin").containsEntry("roles", List.of("admin"));

            assertThat(json("""
                    curl -s -X POST $API/users -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
                      -d '{"username":"bob@example.com","password":"bob-password","is_admin":0}'""").getMap(""))
                    .containsEntry("username", "bob@example.com").containsEntry("is_admin", false);
            assertThat(json("curl -s $API/users -H \"Authorization: Bearer $TOKEN\"").getList("username"))
                    .containsExactlyInAnyOrder("admin", "bob@example.com");

            assertThat(json("curl -s -X DELETE $API/machines/$NAME -H \"Authorization: Bearer $TOKEN\"").getMap(""))
                    .containsEntry("message", "deleted");
            assertThat(
                    json("""
                            curl -s -X POST $API/machines -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
                              -d '{"name":" '$NAME' ","host":" 127.0.0.1 ","port":'$PORT',"user":"'$LOGIN'","password":"'$PASSWORD'"}'""")
                            .getMap(""))
                    .containsEntry("name", third.name()).containsEntry("reserved", false);
            assertThat(json("curl -s $API/machines -H \"Authorization: Bearer $TOKEN\"").getList("name"))
                    .containsExactlyElementsOf(installation.lab.machines().stream().map(LabMachine::name).toList());

            JsonPath lease = json("""
                    curl -s "$API/reserve?count=2&duration=60&reservation_password=test" \
                      -H "Authorization: Bearer $TOKEN\"""");
            assertThat(lease.getMap("")).containsEntry("username", "admin").containsEntry("duration_minutes", 60)
                    .containsEntry("reservation_password", "test");
            List<String> machines = lease.getList("machines.machine");
            assertThat(machines).hasSize(2).allSatisfy(
                    name -> assertThat(new SshLogin(installation.machine(name), "admin", "test").works()).isTrue());
            JsonPath pool = json("curl -s $API/available -H \"Authorization: Bearer $TOKEN\"");
            assertThat(pool.getList("reserved")).containsExactlyInAnyOrderElementsOf(List.copyOf(machines));
            assertThat(pool.getList("available")).hasSize(1);
            assertThat(json("curl -s $API/reservations -H \"Authorization: Bearer $TOKEN\"")
                    .getList("reservations.username")).containsExactly("admin", "admin");

            environment.put("BOB", json("""
                    curl -s -X POST $API/login -H 'Content-Type: application/json' \
                      -d '{"username":"bob@example.com","password":"bob-password"}'""").getString("access_token"));
            JsonPath bobs = json("curl -s \"$API/reserve?username=\" -H \"Authorization: Bearer $BOB\"");
            assertThat(bobs.getString("username")).isEqualTo("bob-example-com");
            assertThat(new SshLogin(installation.machine(bobs.getString("machines[0].machine")), "bob-example-com",
                    bobs.getString("reservation_password")).works()).isTrue();

            assertThat(json("curl -s $API/release_all -H \"Authorization: Bearer $TOKEN\"").getString("message"))
                    .isEqualTo("All machines released");
            assertThat(json("curl -s $API/release_all -H \"Authorization: Bearer $TOKEN\"").getString("message"))
                    .isEqualTo("No machines to release.");
            assertThat(installation.lab.machines()).noneMatch(machine -> machine.passwdHas("admin"))
                    .noneMatch(machine -> machine.passwdHas("bob-example-com"));
            assertThat(
                    json("curl -s -X DELETE $API/users/bob@example.com -H \"Authorization: Bearer $TOKEN\"").getMap(""))
                    .containsEntry("message", "deleted");
        }
    }
}
