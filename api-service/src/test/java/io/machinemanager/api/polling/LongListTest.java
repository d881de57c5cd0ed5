package io.machinemanager.api.polling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class LongListTest {

    @TestHTTPResource("/broken-list")
    URI list;

    @Test
    void aListThatCannotBeReadToItsEndIsNotTakenForWhole() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<Stream<String>> begun = client.send(HttpRequest.newBuilder(list).build(),
                    BodyHandlers.ofLines());

            assertThat(begun.statusCode()).isEqualTo(200);
            assertThatThrownBy(() -> begun.body().forEach(line -> {
            })).hasCauseInstanceOf(IOException.class);
        }
    }
}
