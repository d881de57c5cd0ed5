create table if not exists reservations (
    id                bigint       not null auto_increment,
    -- the rows of one request share it
    request_id        varchar(36)  not null,
    -- null once the machine was deleted from the pool; the history stays under its name
    machine_id        bigint,
    machine_name      varchar(63)  not null,
    -- null once the user was deleted
    owner_id          bigint,
    owner_name        varchar(64)  not null,
    account           varchar(32)  not null,
    -- both are set to null as soon as the account is gone
    password_hash     varchar(128),
    ssh_public_key    text,
    state             varchar(16)  not null,
    release_cause     varchar(24),
    -- when the service began to work on the request
    requested_at      datetime(6),
    -- also the fencing token of the account work, so it grows from one reservation of a machine to the next
    created_at        datetime(6)  not null,
    duration_minutes  int          not null,
    -- when the accounts were made and the time began to run
    started_at        datetime(6),
    reserved_until    datetime(6)  not null,
    -- when the removal of the account began
    releasing_since   datetime(6),
    released_at       datetime(6),
    -- removals that failed, and how the last account work ended
    attempts          int          not null default 0,
    last_outcome      varchar(24),
    last_error        varchar(500),
    next_attempt_at   datetime(6),
    claimed_by        char(36),
    claimed_until     datetime(6),

    -- the machine while the reservation is live: its uniqueness makes it impossible to lend a machine twice
    live_machine_id   bigint       as (case when state <> 'RELEASED' then machine_id end) persistent,
    -- the live reservations in the order in which they are listed, so that a page of them is found without the others
    live_machine_name varchar(63)  as (case when state <> 'RELEASED' then machine_name end) virtual,
    -- when a worker has to take up the row next
    due_at            datetime(6)  as (case state
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
-- the latest row of a machine: the token of the next one has to be greater
create index if not exists ix_reservations_machine_created on reservations (machine_id, created_at);
-- to which reservation an account on a machine belongs
create index if not exists ix_reservations_account on reservations (account, live_machine_id);
create index if not exists ix_reservations_live_machine_name on reservations (live_machine_name);

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

-- one row for each Idempotency-Key that a user sent: a repeated request finds the answer of the first
create table if not exists idempotency_keys (
    id            bigint       not null auto_increment,
    user_id       bigint       not null,
    request_key   varchar(255) not null,
    -- what the request asked for, so that a key is not taken for another request; encrypted, since it may hold a password
    asked         text         not null,
    -- the request that works on it; another one once that request died and the user repeated the call
    request_id    varchar(36)  not null,
    claimed_until datetime(6)  not null,
    -- encrypted, since it may hold a password; null while a request works on it
    answer        mediumtext,
    -- a repeated request was given the answer; the reservations that it names are not removed from then on
    given         boolean      not null default false,
    created_at    datetime(6)  not null,
    constraint pk_idempotency_keys primary key (id),
    constraint uq_idempotency_keys unique (user_id, request_key),
    constraint fk_idempotency_keys_user foreign key (user_id) references users (id) on delete cascade
) default character set utf8mb4 collate utf8mb4_bin;

create index if not exists ix_idempotency_keys_created on idempotency_keys (created_at);
