-- what one call asked for; the machines that it gets are rows of reservations
create table if not exists requests (
    id                bigint       not null auto_increment,
    -- null once the user was deleted
    owner_id          bigint,
    owner_name        varchar(64)  not null,
    account           varchar(32)  not null,
    machine_count     int          not null,
    duration_minutes  int          not null,
    -- which machines: a selector, or names separated by commas; null for any machine
    selector          varchar(1000),
    machine_names     text,
    note              varchar(200),
    -- the group that it is charged to; null when the requester named none
    group_name        varchar(63),
    -- how the requester logs in; both are set to null once the accounts are made, or the request is over
    password_hash     varchar(128),
    ssh_public_key    text,
    -- a generated password that its owner has not seen yet; encrypted
    sealed_password   text,
    state             varchar(16)  not null,
    -- why it ended, other than by its time
    end_reason        varchar(500),
    -- requests are served by priority, and then in the order of their creation
    priority          int          not null default 0,
    created_at        datetime(6)  not null,
    -- until when it may queue; null for a request that does not wait
    waits_until       datetime(6),
    -- a request whose accounts could not be made is tried again after this time
    next_attempt_at   datetime(6),
    -- when machines were allocated, when the time began to run, and when all of its accounts were gone
    assigned_at       datetime(6),
    started_at        datetime(6),
    ended_at          datetime(6),
    -- it ends when it is not kept alive for so long
    keepalive_minutes int,
    keepalive_until   datetime(6),
    -- a repeated call with the key gets the answer of the first
    idempotency_key   varchar(255) collate utf8mb4_bin,
    -- what the call asked for, so that a key is not taken for another call; encrypted, since it may hold a password
    sealed_spec       mediumtext,
    -- encrypted, since it may hold a password; null while the accounts are made
    sealed_answer     mediumtext,
    -- a repeated call was given the answer; the reservations that it names are not removed from then on
    answer_given      boolean      not null default false,
    -- the worker that makes accounts for the request
    claimed_by        char(36),
    claimed_until     datetime(6),
    -- the claim under which the accounts were made: only that worker may take back what it made
    served_under      char(36),

    -- its place in the queue; null when it does not wait
    queued_at         datetime(6)  as (case when state = 'QUEUED' then created_at end) persistent,

    constraint pk_requests primary key (id),
    constraint uq_requests_idempotency_key unique (owner_id, idempotency_key),
    constraint fk_requests_owner foreign key (owner_id) references users (id) on delete restrict,
    constraint ck_requests_state check (state in ('QUEUED', 'PROVISIONING', 'ACTIVE', 'ENDED', 'CANCELLED', 'LAPSED',
                                                  'FAILED')),
    constraint ck_requests_queued check (state <> 'QUEUED' or waits_until is not null and claimed_by is null),
    constraint ck_requests_provisioning check (state <> 'PROVISIONING' or claimed_by is not null),
    constraint ck_requests_claim check ((claimed_by is null) = (claimed_until is null)),
    constraint ck_requests_ended check (state in ('QUEUED', 'PROVISIONING', 'ACTIVE') or ended_at is not null)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

-- the second column, so that those that have waited long enough are found in the index
create index if not exists ix_requests_queue on requests (queued_at, waits_until);
create index if not exists ix_requests_claim on requests (claimed_by);
create index if not exists ix_requests_claimed_until on requests (claimed_until);
create index if not exists ix_requests_keepalive on requests (keepalive_until);
create index if not exists ix_requests_ended on requests (ended_at);
create index if not exists ix_requests_idempotency on requests (idempotency_key, created_at);

-- Row 1: a transaction that plans the queue locks it, so that no two do so at once. Row 2: counted up by a process that has
-- freed a machine, which tells the schedulers to plan.
create table if not exists queue_state (
    id      int    not null,
    changes bigint not null,
    constraint pk_queue_state primary key (id)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

insert ignore into queue_state (id, changes) values (1, 0), (2, 0);

create table if not exists reservations (
    id                bigint       not null auto_increment,
    request_id        bigint       not null,
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
    -- when the account was verified gone, before the machine is reset; null while it may be there
    account_gone_at   datetime(6),
    -- resets of the machine that failed
    failed_resets     int          not null default 0,
    -- the worker that makes or removes the account, or resets the machine; while the account is made, the claim ends with
    -- that on the request
    claimed_by        char(36),
    claimed_until     datetime(6),

    -- the machine while the reservation is live: its uniqueness makes it impossible to lend a machine twice
    live_machine_id   bigint       as (case when state <> 'RELEASED' then machine_id end) persistent,
    -- the live reservations in the order in which they are listed, so that a page of them is found without the others
    live_machine_name varchar(63)  as (case when state <> 'RELEASED' then machine_name end) virtual,
    -- when a worker has to take up the row next
    due_at            datetime(6)  as (case state
                                           when 'ACTIVE' then reserved_until
                                           when 'RELEASING' then coalesce(claimed_until, next_attempt_at)
                                       end) persistent,
    -- when a machine without the account has to be reset; in a column of its own, so that no removal waits for a reset
    reset_due_at      datetime(6)  as (case state
                                           when 'RESETTING' then coalesce(claimed_until, next_attempt_at)
                                       end) persistent,

    constraint pk_reservations primary key (id),
    constraint uq_reservations_live_machine unique (live_machine_id),
    constraint fk_reservations_request foreign key (request_id) references requests (id) on delete cascade,
    constraint fk_reservations_machine foreign key (machine_id) references machines (id) on delete restrict,
    constraint fk_reservations_owner foreign key (owner_id) references users (id) on delete restrict,
    constraint ck_reservations_state check (state in ('PROVISIONING', 'ACTIVE', 'RELEASING', 'RESETTING',
                                                      'RELEASED')),
    constraint ck_reservations_live check (state = 'RELEASED' or machine_id is not null),
    constraint ck_reservations_due check (state in ('PROVISIONING', 'RESETTING', 'RELEASED') or due_at is not null),
    constraint ck_reservations_reset_due check (state <> 'RESETTING' or reset_due_at is not null)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

create index if not exists ix_reservations_due on reservations (due_at);
create index if not exists ix_reservations_reset_due on reservations (reset_due_at);
create index if not exists ix_reservations_request on reservations (request_id);
create index if not exists ix_reservations_claim on reservations (claimed_by);
create index if not exists ix_reservations_released on reservations (released_at);
create index if not exists ix_reservations_owner on reservations (owner_id, state);
-- the latest row of a machine: the token of the next one has to be greater
create index if not exists ix_reservations_machine_created on reservations (machine_id, created_at);
-- to which reservation an account on a machine belongs
create index if not exists ix_reservations_account on reservations (account, live_machine_id);
create index if not exists ix_reservations_live_machine_name on reservations (live_machine_name);

-- what happened to a request and to its reservations
create table if not exists reservation_events (
    id             bigint       not null auto_increment,
    request_id     bigint       not null,
    -- null for what happened to the request as a whole
    reservation_id bigint,
    happened_at    datetime(6)  not null,
    kind           varchar(24)  not null,
    detail         varchar(500),
    constraint pk_reservation_events primary key (id),
    constraint fk_reservation_events_request foreign key (request_id) references requests (id) on delete cascade,
    constraint fk_reservation_events_reservation foreign key (reservation_id)
        references reservations (id) on delete cascade
) default character set utf8mb4 collate utf8mb4_nopad_bin;
