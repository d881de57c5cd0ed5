-- log-ins that failed a short while ago, counted so that all replicas see the same, and pairs of user and address with a
-- recent log-in
create table if not exists login_counters (
    -- a hash of what is counted: a name that no user has may be a password in the wrong field
    id         char(64)    not null,
    failures   int         not null,
    -- when the failures are forgotten, and a lock with them
    expires_at datetime(6) not null,
    constraint pk_login_counters primary key (id)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

create index if not exists ix_login_counters_expires on login_counters (expires_at);

-- refresh tokens; those of one log-in share a session
create table if not exists refresh_tokens (
    id            bigint      not null auto_increment,
    session_id    char(36)    not null,
    user_id       bigint      not null,
    -- the user's at the time of the token: a change of password or role ends it
    token_version bigint      not null,
    -- SHA-256 of 256 random bits
    token_hash    char(64)    not null,
    expires_at    datetime(6) not null,
    -- when it was exchanged for the next one; kept, so that a second use is noticed
    used_at       datetime(6),
    constraint pk_refresh_tokens primary key (id),
    constraint uq_refresh_tokens_hash unique (token_hash),
    constraint fk_refresh_tokens_user foreign key (user_id) references users (id) on delete cascade
) default character set utf8mb4 collate utf8mb4_nopad_bin;

create index if not exists ix_refresh_tokens_session on refresh_tokens (session_id);
create index if not exists ix_refresh_tokens_expires on refresh_tokens (expires_at);

-- tokens and sessions that ended before their time
create table if not exists revoked_tokens (
    -- the token's jti, or the sid of all tokens of a session
    id         varchar(64) not null,
    -- when all these tokens have expired by themselves
    expires_at datetime(6) not null,
    constraint pk_revoked_tokens primary key (id)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

create index if not exists ix_revoked_tokens_expires on revoked_tokens (expires_at);

create table if not exists api_keys (
    id         bigint      not null auto_increment,
    user_id    bigint      not null,
    name       varchar(64) not null,
    -- SHA-256 of 256 random bits
    key_hash   char(64)    not null,
    -- whether the key has the admin rights of its owner
    is_admin   boolean     not null,
    created_at datetime(6) not null,
    expires_at datetime(6) not null,
    constraint pk_api_keys primary key (id),
    constraint uq_api_keys_name unique (user_id, name),
    constraint uq_api_keys_hash unique (key_hash),
    constraint fk_api_keys_user foreign key (user_id) references users (id) on delete cascade
) default character set utf8mb4 collate utf8mb4_nopad_bin;

create index if not exists ix_api_keys_expires on api_keys (expires_at);
