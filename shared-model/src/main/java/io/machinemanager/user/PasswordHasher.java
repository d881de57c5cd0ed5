package io.machinemanager.user;

import java.util.Optional;
import java.util.concurrent.Semaphore;

import jakarta.enterprise.context.ApplicationScoped;

import io.quarkus.elytron.security.common.BcryptUtil;

/** Hashes passwords of users with bcrypt and checks them. Do not call it inside a transaction: it is slow. */
@ApplicationScoped
public class PasswordHasher {

    private final int cost;
    private final String dummyHash;

    /** Hashing keeps a core busy. It may use half of the cores, so that other requests are still served. */
    private final Semaphore cores = new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));

    PasswordHasher(UserConfig config) {
        cost = config.bcryptCost();
        dummyHash = BcryptUtil.bcryptHash("nobody", cost);
    }

    /**
     * Hashes a password.
     *
     * @throws IllegalArgumentException when {@link LoginPassword} does not allow it
     */
    public String hash(String password) {
        LoginPassword.problemWith(password).ifPresent(problem -> {
            throw new IllegalArgumentException(problem);
        });
        cores.acquireUninterruptibly();
        try {
            return BcryptUtil.bcryptHash(password, cost);
        } finally {
            cores.release();
        }
    }

    /**
     * Checks a password. It always computes exactly one hash, so that its duration does not tell whether there is a user.
     *
     * @param hash the stored hash; empty when there is no such user, and no password matches
     */
    public boolean matches(String password, Optional<String> hash) {
        boolean valid = hash.isPresent() && LoginPassword.problemWith(password).isEmpty();
        cores.acquireUninterruptibly();
        try {
            return BcryptUtil.matches(password, hash.orElse(dummyHash)) && valid;
        } finally {
            cores.release();
        }
    }
}
