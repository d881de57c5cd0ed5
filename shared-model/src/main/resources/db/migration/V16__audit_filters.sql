-- Of some actions, outcomes and addresses there are few entries among many, or none: that is found out without a walk
-- past all others. The id keeps what is found in the order in which it is listed.
create index if not exists ix_audit_entries_action on audit_entries (action, id);
create index if not exists ix_audit_entries_outcome on audit_entries (outcome, id);
create index if not exists ix_audit_entries_address on audit_entries (address, id);
