-- one row for each Idempotency-Key a user sent: it lets a repeated request find the answer of the first
create table if not exists idempotency_keys (
    id            bigint       not null auto_increment,
    user_id       bigint       not null,
    request_key   varchar(255) not null,
    -- what was asked for, so that a key is not taken for another request; encrypted, since it may hold a password
    asked         text         not null,
    -- the request that works on it; another one once that died and somebody repeated the call
    request_id    varchar(36)  not null,
    claimed_until datetime(6) not null,
    -- encrypted, since it may hold a password; null while the request is worked on
    answer        mediumtext,
    created_at    datetime(6)  not null,
    constraint pk_idempotency_keys primary key (id),
    constraint uq_idempotency_keys unique (user_id, request_key),
    constraint fk_idempotency_keys_user foreign key (user_id) references users (id) on delete cascade
) default character set utf8mb4 collate utf8mb4_bin;

create index if not exists ix_idempotency_keys_created on idempotency_keys (created_at);
