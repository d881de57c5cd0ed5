-- a sequence, so that the id is known before the password is encrypted: the id is bound into the ciphertext
create sequence if not exists machines_seq start with 1 increment by 50;

create table if not exists machines (
    id                 bigint        not null,
    name               varchar(63)   not null,
    host               varchar(253)  not null,
    port               int           not null,
    ssh_user           varchar(32)   not null,
    sealed_password    text          not null,
    -- known_hosts lines without the host; null until the machine was first reached
    host_keys          text,
    enabled            boolean       not null default true,
    -- account work that failed in a row; decides how long the machine sits out
    failures           int           not null default 0,
    unavailable_cause  varchar(16),
    unavailable_reason varchar(500),
    unavailable_until  datetime(6),
    last_seen_at       datetime(6),
    -- when the scheduler is to log in and look
    next_probe_at      datetime(6)   not null,
    created_at         datetime(6)   not null,
    constraint pk_machines primary key (id),
    constraint uq_machines_name unique (name),
    constraint ck_machines_port check (port between 1 and 65535)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

create index if not exists ix_machines_next_probe on machines (next_probe_at);
