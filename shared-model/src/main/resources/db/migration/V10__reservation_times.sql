-- when the request was first looked at, for the history
alter table reservations add column if not exists requested_at datetime(6) after state;
-- the latest row of a machine, whose token the next one has to be above
create index if not exists ix_reservations_machine_created on reservations (machine_id, created_at);
-- whose account something on a machine is
create index if not exists ix_reservations_account on reservations (account, live_machine_id);
