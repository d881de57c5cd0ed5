package io.machinemanager.user;

import java.util.Optional;
import java.util.concurrent.Semaphore;

import jakarta.enterprise.context.ApplicationScoped;

import io.quarkus.elytron.security.common.BcryptUtil;

/** Hashes the passwords that users log in with, and checks them. Never to be called inside a transaction: it is slow. */
@ApplicationScoped
public class PasswordHasher {

    private final int cost;
    private final String nobodys;
    /** Hashing keeps a core busy; half of the cores stay for everything else, however many log in at once. */
    private final Semaphore cores = new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));

    PasswordHasher(UserConfig config) {
        cost = config.bcryptCost();
        nobodys = BcryptUtil.bcryptHash("nobody", cost);
    }

    /**
     * The bcrypt hash of a password that {@link LoginPassword} allows.
     *
     * @throws IllegalArgumentException when it does not: the rest of a longer password would not count
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
     * Checks a password. Exactly one hash is computed in any case, so that the time does not tell whether there is a user.
     *
     * @param hash the hash on record; nothing when there is no such user, in which case nothing fits
     */
    public boolean fits(String password, Optional<String> hash) {
        boolean possible = hash.isPresent() && LoginPassword.problemWith(password).isEmpty();
        cores.acquireUninterruptibly();
        try {
            return BcryptUtil.matches(password, hash.orElse(nobodys)) && possible;
        } finally {
            cores.release();
        }
    }
}
