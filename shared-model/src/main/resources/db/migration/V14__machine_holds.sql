-- what keeps a machine from being lent besides being out of reach, each with an end of its own
alter table machines
    -- the account work that failed, and until when the machine sits out for it
    add column if not exists paused_reason varchar(500),
    add column if not exists paused_until datetime(6),
    -- that an account of ours is on it which no reservation knows; null once a look has found none
    add column if not exists stray_reason varchar(600);

update machines
set paused_reason = unavailable_reason, paused_until = unavailable_until,
    unavailable_cause = null, unavailable_reason = null, unavailable_until = null
where unavailable_cause = 'ACCOUNT_WORK';
