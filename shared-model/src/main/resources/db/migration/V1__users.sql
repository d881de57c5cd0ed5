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
