-- who did what, from where and with what outcome; a row never changes, and is deleted only when it is old
create table if not exists audit_entries (
    id          bigint       not null auto_increment,
    -- set by the database, in the transaction that does what the row records
    happened_at datetime(6)  not null default current_timestamp(6),
    -- the user; null when a service acted by itself, or when the user is not known
    actor       varchar(64),
    -- the name of the API key that the user's program sent, if it sent one
    api_key     varchar(64),
    -- the client's address, if there was a client
    address     varchar(45),
    action      varchar(32)  not null,
    -- the user, machine or API key that the action concerned
    target      varchar(253),
    outcome     varchar(16)  not null,
    detail      varchar(500),
    constraint pk_audit_entries primary key (id)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

create index if not exists ix_audit_entries_happened on audit_entries (happened_at);
create index if not exists ix_audit_entries_actor on audit_entries (actor, id);
create index if not exists ix_audit_entries_target on audit_entries (target, id);
-- Few entries among many, or none, have a given action, outcome or address: these indexes find them without reading the
-- others. The id keeps them in the order in which they are listed.
create index if not exists ix_audit_entries_action on audit_entries (action, id);
create index if not exists ix_audit_entries_outcome on audit_entries (outcome, id);
create index if not exists ix_audit_entries_address on audit_entries (address, id);

-- The database itself refuses to change an entry, or to delete one of the last day. Where this account may not make
-- triggers (1142: the privilege is missing; 1419: a binary log is kept, and functions are not trusted), only the code
-- keeps these rules.
delimiter //
begin not atomic
    declare continue handler for 1142, 1419 begin end;
    execute immediate 'create trigger if not exists audit_entries_unchanged before update on audit_entries for each row
        signal sqlstate ''45000'' set message_text = ''audit entries are never changed''';
    execute immediate 'create trigger if not exists audit_entries_kept before delete on audit_entries for each row
        if old.happened_at > utc_timestamp(6) - interval 1 day then
            signal sqlstate ''45000'' set message_text = ''audit entries are kept for at least a day'';
        end if';
end
//
delimiter ;
