package io.machinemanager.user;

import java.time.Instant;
import java.util.List;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import io.machinemanager.ssh.SshPublicKey;
import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** An SSH public key of a user, for log-ins to the accounts on lent machines. */
@Entity
@Table(name = "user_ssh_keys")
public class UserSshKey extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    public long userId;

    /** Unique for the user, see {@link SshKeyName}. */
    @Column(length = 64)
    public String name;

    /** The key as {@link SshPublicKey#line()}. */
    @Column(columnDefinition = "text")
    public String publicKey;

    /** When the key was given this name. */
    public Instant createdAt;

    /** The key in its parts. */
    public SshPublicKey key() {
        return SshPublicKey.parse(publicKey);
    }

    /** The user's keys, sorted by name. */
    static List<UserSshKey> of(long userId) {
        return list("userId = ?1 order by name", userId);
    }
}
