-- groups of users; in each limit 0 means that there is none
create table if not exists user_groups (
    id                  bigint      not null auto_increment,
    name                varchar(63) not null,
    max_machines        int         not null,
    max_minutes         int         not null,
    max_queued          int         not null,
    priority            int         not null,
    -- not a limit but a right: 0 means that members may not book
    may_book_days_ahead int         not null,
    created_at          datetime(6) not null,
    constraint pk_user_groups primary key (id),
    constraint uq_user_groups_name unique (name),
    constraint ck_user_groups_limits check (max_machines >= 0 and max_minutes >= 0 and max_queued >= 0
        and may_book_days_ahead >= 0),
    constraint ck_user_groups_priority check (priority between 0 and 100)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

create table if not exists group_members (
    id       bigint not null auto_increment,
    group_id bigint not null,
    user_id  bigint not null,
    constraint pk_group_members primary key (id),
    constraint uq_group_members unique (user_id, group_id),
    constraint fk_group_members_group foreign key (group_id) references user_groups (id) on delete cascade,
    constraint fk_group_members_user foreign key (user_id) references users (id) on delete cascade
) default character set utf8mb4 collate utf8mb4_nopad_bin;

-- a machine without a row here is for everyone, so a group that machines name cannot be deleted
create table if not exists machine_groups (
    id         bigint not null auto_increment,
    group_id   bigint not null,
    machine_id bigint not null,
    constraint pk_machine_groups primary key (id),
    constraint uq_machine_groups unique (machine_id, group_id),
    constraint fk_machine_groups_group foreign key (group_id) references user_groups (id) on delete restrict,
    constraint fk_machine_groups_machine foreign key (machine_id) references machines (id) on delete cascade
) default character set utf8mb4 collate utf8mb4_nopad_bin;
