package io.machinemanager.audit;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.hibernate.annotations.Immutable;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;

/** An entry of the audit log. Entries are inserted once and never changed. */
@Entity
@Immutable
@Table(name = "audit_entries")
public class AuditEntry extends PanacheEntityBase {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    /** Set by the database. */
    @Column(insertable = false, updatable = false)
    public Instant happenedAt;

    /** The user; null for an anonymous caller, or when a service acted by itself. */
    @Column(length = 64)
    public String actor;

    /** The name of the API key that was used; null for none. */
    @Column(length = 64)
    public String apiKey;

    /** The client's address; null when there is no client. */
    @Column(length = 45)
    public String address;

    @Enumerated(EnumType.STRING)
    @Column(length = 32)
    public AuditAction action;

    /** The user, machine or API key that the action changed; null for none. */
    @Column(length = 253)
    public String target;

    @Enumerated(EnumType.STRING)
    @Column(length = 16)
    public AuditOutcome outcome;

    @Column(length = 500)
    public String detail;

    /** A page of the entries that match, latest first. */
    static List<AuditEntry> matching(AuditFilter filter, int offset, int limit) {
        StringJoiner conditions = new StringJoiner(" and ", "", " order by id desc").setEmptyValue("order by id desc");
        Map<String, Object> values = new HashMap<>();
        filter.conditions().forEach((condition, value) -> {
            String name = "p" + values.size();
            conditions.add(condition.formatted(":" + name));
            values.put(name, value);
        });
        return AuditEntry.<AuditEntry>find(conditions.toString(), values).range(offset, offset + limit - 1).list();
    }

    /** Deletes the oldest entries. Returns how many. */
    static int deleteBefore(Instant end, int limit) {
        return getEntityManager()
                .createNativeQuery("delete from audit_entries where happened_at < ?1 order by happened_at limit ?2")
                .setParameter(1, end).setParameter(2, limit).executeUpdate();
    }
}
