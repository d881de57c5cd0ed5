package io.machinemanager.user;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.Table;

import io.machinemanager.error.NotFoundException;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** Somebody who may log in. */
@Entity
@Table(name = "users")
public class User extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    /** Unique, case-sensitive, and never changed. */
    @Column(length = 64)
    public String username;

    /** bcrypt. */
    @Column(length = 72)
    public String passwordHash;

    @Column(name = "is_admin")
    public boolean admin;

    /** Part of every token of the user: a new value, drawn at random, ends all tokens given out before. */
    public long tokenVersion;

    public Instant createdAt;

    /** The user of that name. */
    public static Optional<User> byName(String username) {
        return find("username", username).firstResultOptional();
    }

    /** What to tell whoever asks for a user of a name that nobody has. */
    public static NotFoundException unknown(String username) {
        return new NotFoundException("There is no user named %s.".formatted(username));
    }

    /** The user of that name, locked until the end of the transaction. */
    public static Optional<User> lockByName(String username) {
        return find("username", username).withLock(LockModeType.PESSIMISTIC_WRITE).firstResultOptional();
    }

    /** All admins, locked until the end of the transaction, so that no two calls can take away the last two at once. */
    public static List<User> lockAdmins() {
        return find("admin = true order by id").withLock(LockModeType.PESSIMISTIC_WRITE).list();
    }

    /** Some of the users, by name. */
    public static List<User> byNames(int offset, int limit) {
        return getEntityManager().createQuery("from User order by username", User.class).setFirstResult(offset)
                .setMaxResults(limit).getResultList();
    }

    /** Tells whether anybody is an admin. */
    public static boolean hasAdmin() {
        return count("admin = true") > 0;
    }
}
