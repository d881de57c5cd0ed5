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

/** A user who can log in. */
@Entity
@Table(name = "users")
public class User extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    /** Unique, case-sensitive, never changed. */
    @Column(length = 64)
    public String username;

    /** bcrypt hash of the password. */
    @Column(length = 72)
    public String passwordHash;

    @Column(name = "is_admin")
    public boolean admin;

    /** Part of every token of the user. A new random value makes all earlier tokens invalid. */
    public long tokenVersion;

    public Instant createdAt;

    /** The user with this name. */
    public static Optional<User> byName(String username) {
        return find("username", username).firstResultOptional();
    }

    /** The error for a name that no user has. */
    public static NotFoundException notFound(String username) {
        return new NotFoundException("There is no user named %s.".formatted(username));
    }

    /** The user with this name, locked until the end of the transaction. */
    public static Optional<User> lockByName(String username) {
        return find("username", username).withLock(LockModeType.PESSIMISTIC_WRITE).firstResultOptional();
    }

    /** All admins, locked until the end of the transaction, so that two concurrent calls cannot remove the last two. */
    public static List<User> lockAdmins() {
        return find("admin = true order by id").withLock(LockModeType.PESSIMISTIC_WRITE).list();
    }

    /** A page of users, sorted by name. */
    public static List<User> page(int offset, int limit) {
        return getEntityManager().createQuery("from User order by username", User.class).setFirstResult(offset)
                .setMaxResults(limit).getResultList();
    }

    /** Tells whether there is an admin. */
    public static boolean hasAdmin() {
        return count("admin = true") > 0;
    }
}
