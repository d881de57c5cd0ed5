create table if not exists reservations (
    id               bigint       not null auto_increment,
    -- the rows of one request share it
    request_id       varchar(36)     not null,
    -- null once the machine was deleted from the pool; the history stays under its name
    machine_id       bigint,
    machine_name     varchar(63)  not null,
    -- null once the user was deleted
    owner_id         bigint,
    owner_name       varchar(64)  not null,
    account          varchar(32)  not null,
    -- forgotten as soon as the account is gone
    password_hash    varchar(128),
    state            varchar(16)  not null,
    release_cause    varchar(24),
    -- also the fencing token of the account work, so it grows from one reservation of a machine to the next
    created_at       datetime(6)  not null,
    duration_minutes int          not null,
    -- when the accounts were made and the time began to run
    started_at       datetime(6),
    reserved_until   datetime(6)  not null,
    released_at      datetime(6),
    attempts         int          not null default 0,
    last_error       varchar(500),
    next_attempt_at  datetime(6),
    claimed_by       char(36),
    claimed_until    datetime(6),

    -- the machine while the reservation is live: its uniqueness is what makes lending twice impossible
    live_machine_id  bigint       as (case when state <> 'RELEASED' then machine_id end) persistent,
    -- when somebody has to look at the row next
    due_at           datetime(6)  as (case state
                                          when 'PROVISIONING' then claimed_until
                                          when 'ACTIVE' then reserved_until
                                          when 'RELEASING' then coalesce(claimed_until, next_attempt_at)
                                      end) persistent,

    constraint pk_reservations primary key (id),
    constraint uq_reservations_live_machine unique (live_machine_id),
    constraint fk_reservations_machine foreign key (machine_id) references machines (id) on delete restrict,
    constraint fk_reservations_owner foreign key (owner_id) references users (id) on delete restrict,
    constraint ck_reservations_state check (state in ('PROVISIONING', 'ACTIVE', 'RELEASING', 'RELEASED')),
    constraint ck_reservations_live check (state = 'RELEASED' or machine_id is not null),
    constraint ck_reservations_due check (state = 'RELEASED' or due_at is not null)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

create index if not exists ix_reservations_due on reservations (due_at);
create index if not exists ix_reservations_request on reservations (request_id);
create index if not exists ix_reservations_claim on reservations (claimed_by);
create index if not exists ix_reservations_released on reservations (released_at);
create index if not exists ix_reservations_owner on reservations (owner_id, state);

create table if not exists reservation_events (
    id             bigint       not null auto_increment,
    reservation_id bigint       not null,
    happened_at    datetime(6)  not null,
    kind           varchar(24)  not null,
    detail         varchar(500),
    constraint pk_reservation_events primary key (id),
    constraint fk_reservation_events_reservation foreign key (reservation_id)
        references reservations (id) on delete cascade
) default character set utf8mb4 collate utf8mb4_nopad_bin;
