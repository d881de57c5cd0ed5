package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.error.UnavailableException;
import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.NewUser;
import io.machinemanager.user.User;
import io.machinemanager.user.UserService;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class RetryingTransactionsTest {

    @Inject
    RetryingTransactions transactions;

    @Inject
    UserService users;

    MariaDb database;

    @Test
    void whoFindsThatAnotherHasDeletedTheSameMeanwhileLooksAgain() {
        String name = "u-" + UUID.randomUUID();
        users.create(new NewUser(name, "a password", false));

        Optional<User> left = transactions.call(() -> {
            Optional<User> found = User.byName(name);
            database.query("delete from machine_manager.users where username = '%s'".formatted(name));
            found.ifPresent(User::delete);
            return found;
        });

        assertThat(left).isEmpty();
    }

    @Test
    void theEndOfTheProcessWaitsForTransactionsAndLetsNoOtherBegin() {
        RetryingTransactions ending = new RetryingTransactions();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        CompletableFuture<Void> work = CompletableFuture.runAsync(() -> ending.run(() -> {
            begun.countDown();
            join(end);
        }));
        join(begun);

        CompletableFuture<Void> closed = CompletableFuture.runAsync(() -> close(ending));
        await().during(Duration.ofMillis(50)).until(() -> !closed.isDone());
        end.countDown();

        await().until(closed::isDone);
        assertThat(work).succeedsWithin(Duration.ofSeconds(10));
        assertThatThrownBy(() -> ending.run(() -> {
        })).isInstanceOf(UnavailableException.class).matches(DatabaseFailure::isPassing);
    }

    private static void close(RetryingTransactions transactions) {
        try {
            transactions.close(new ShutdownEvent());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void join(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
