create table if not exists users (
    id            bigint       not null auto_increment,
    username      varchar(64)  not null,
    password_hash varchar(72)  not null,
    is_admin      boolean      not null default false,
    -- part of every token; a new value ends all earlier tokens of the user
    token_version bigint       not null,
    created_at    datetime(6)  not null,
    constraint pk_users primary key (id),
    constraint uq_users_username unique (username)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

-- the SSH public keys with which a user logs in to the accounts on lent machines
create table if not exists user_ssh_keys (
    id         bigint      not null auto_increment,
    user_id    bigint      not null,
    name       varchar(64) not null,
    -- type and base64, without a comment
    public_key text        not null,
    created_at datetime(6) not null,
    constraint pk_user_ssh_keys primary key (id),
    constraint uq_user_ssh_keys_name unique (user_id, name),
    constraint fk_user_ssh_keys_user foreign key (user_id) references users (id) on delete cascade
) default character set utf8mb4 collate utf8mb4_nopad_bin;
