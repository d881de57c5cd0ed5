package io.machinemanager.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.UUID;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import io.machinemanager.testing.MariaDb;
import io.machinemanager.testing.MariaDbResource;
import io.machinemanager.user.NewUser;
import io.machinemanager.user.User;
import io.machinemanager.user.UserService;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@WithTestResource(MariaDbResource.class)
class TransactionsTest {

    @Inject
    Transactions transactions;

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
}
