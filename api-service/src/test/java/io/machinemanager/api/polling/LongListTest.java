package io.machinemanager.api.polling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.machinemanager.testing.MariaDbResource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class LongListTest {

    @TestHTTPResource("/broken-list")
    URI list;

    @TestHTTPResource("/endless-list")
    URI endlessList;

    @Test
    void aListIsNotReadOnWhenItsClientHasDisconnected() throws IOException {
        try (Socket client = new Socket(endlessList.getHost(), endlessList.getPort())) {
            client.getOutputStream().write("GET /endless-list HTTP/1.1\r\nHost: x\r\n\r\n".getBytes());
            await().until(() -> LongLists.BATCHES.get() == 1);
            // closes at once, without waiting for what is still to be sent
            client.setSoLinger(true, 0);
        }

        LongLists.SECOND_BATCH.countDown();

        AtomicInteger before = new AtomicInteger();
        await().atMost(Duration.ofMinutes(1)).pollInterval(Duration.ofSeconds(1))
                .until(() -> before.getAndSet(LongLists.BATCHES.get()) == LongLists.BATCHES.get());
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void aListThatCannotBeReadToItsEndIsNotTakenForWhole(Version version) throws Exception {
        try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
            HttpResponse<Stream<String>> begun = client.send(HttpRequest.newBuilder(list).build(),
                    BodyHandlers.ofLines());

            assertThat(begun.statusCode()).isEqualTo(200);
            assertThatThrownBy(() -> begun.body().forEach(line -> {
            })).hasCauseInstanceOf(IOException.class);
        }
    }
}
