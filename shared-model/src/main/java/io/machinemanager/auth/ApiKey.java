package io.machinemanager.auth;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** An API key, with which a user's program logs in instead of a token. */
@Entity
@Table(name = "api_keys")
public class ApiKey extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    public long userId;

    /** Unique for the user. */
    @Column(length = 64)
    public String name;

    /** SHA-256 of the key, in hexadecimal. */
    @Column(length = 64)
    public String keyHash;

    /** Whether the key has its owner's admin rights. */
    @Column(name = "is_admin")
    public boolean admin;

    public Instant createdAt;

    public Instant expiresAt;

    /** The user's keys, sorted by name. */
    static List<ApiKey> of(long userId) {
        return list("userId = ?1 order by name", userId);
    }

    /** The user's key with this name. */
    static Optional<ApiKey> byName(long userId, String name) {
        return find("userId = ?1 and name = ?2", userId, name).firstResultOptional();
    }
}
