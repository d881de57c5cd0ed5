-- Whether somebody who repeated the request was given the answer; what it tells of is not taken back from then on.
alter table idempotency_keys add column if not exists given boolean not null default false;
