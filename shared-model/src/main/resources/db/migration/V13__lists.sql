-- the live reservations in the order in which they are listed, so that a part of them is found without the others;
-- virtual, because a stored column would have the whole history copied
alter table reservations
    add column if not exists live_machine_name varchar(63)
        as (case when state <> 'RELEASED' then machine_name end) virtual;

create index if not exists ix_reservations_live_machine_name on reservations (live_machine_name);
