-- a sequence, so that the id is known before the secrets are encrypted: the id is bound into each ciphertext
create sequence if not exists machines_seq start with 1 increment by 50;

create table if not exists machines (
    id                 bigint        not null,
    name               varchar(63)   not null,
    host               varchar(253)  not null,
    port               int           not null,
    ssh_user           varchar(32)   not null,
    -- the service logs in with a password, a private key, or both; encrypted
    sealed_password    text,
    sealed_private_key text,
    -- known_hosts lines without the host; null until the service first reached the machine
    host_keys          text,
    enabled            boolean       not null default true,
    -- account work that failed in a row; decides how long the machine is paused
    failures           int           not null default 0,

    -- Each of the following keeps the machine out of the pool while it is not null, each with an end of its own.
    -- the last probe could not log in
    unavailable_cause  varchar(16),
    unavailable_reason varchar(500),
    unavailable_until  datetime(6),
    -- account work failed
    paused_reason      varchar(500),
    paused_until       datetime(6),
    -- the accounts of ours that no reservation knows, each with why it could not be removed; null once a probe finds none
    stray_reason       text,
    -- why a new account on the machine would be of no use; null once a probe finds that it would
    unusable_reason    varchar(500),
    -- an older machine is the same host; null while none is known to be
    duplicate_reason   varchar(500),

    -- an admin has said that several machines may stand for this host
    shared_host        boolean       not null default false,
    last_seen_at       datetime(6),
    -- what the last probe that worked found out about the machine, as JSON
    facts              text,
    facts_at           datetime(6),
    -- how long its last reset took; null when it was not reset after the last reservation
    last_reset_millis  bigint,
    -- when the scheduler probes the machine next
    next_probe_at      datetime(6)   not null,
    created_at         datetime(6)   not null,
    -- Nothing keeps it out of the pool whose end is not known. One column, since each reservation asks this of many machines.
    in_service         boolean       as (enabled and last_seen_at is not null and stray_reason is null
                                         and unusable_reason is null and duplicate_reason is null) persistent,
    constraint pk_machines primary key (id),
    constraint uq_machines_name unique (name),
    constraint ck_machines_port check (port between 1 and 65535)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

create index if not exists ix_machines_next_probe on machines (next_probe_at);

create table if not exists machine_labels (
    machine_id bigint      not null,
    name       varchar(63) not null,
    value      varchar(63) not null,
    constraint pk_machine_labels primary key (machine_id, name),
    constraint fk_machine_labels_machine foreign key (machine_id) references machines (id) on delete cascade
) default character set utf8mb4 collate utf8mb4_nopad_bin;

-- which machines a selector selects, and which values are in use
create index if not exists ix_machine_labels_value on machine_labels (name, value, machine_id);

-- one row: a transaction that gives a machine an address or host keys updates it first, so that no two do so at once
create table if not exists host_checks (
    id   int    not null,
    turn bigint not null,
    constraint pk_host_checks primary key (id)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

insert ignore into host_checks (id, turn) values (1, 0);
