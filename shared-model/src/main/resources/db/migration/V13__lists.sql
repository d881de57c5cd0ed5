-- the live reservations in the order in which they are listed, so that a part of them is found without the others
alter table reservations
    add column live_machine_name varchar(63) as (case when state <> 'RELEASED' then machine_name end) persistent;

create index ix_reservations_live_machine_name on reservations (live_machine_name);
