-- what is not clean yet and why
alter table reservations
    -- how the account work ended that last_error tells of
    add column if not exists last_outcome varchar(24),
    -- since when the account has to go
    add column if not exists releasing_since datetime(6);

update reservations r
set releasing_since = (select min(e.happened_at) from reservation_events e
                       where e.reservation_id = r.id and e.kind = 'RELEASE_STARTED')
where state in ('RELEASING', 'RELEASED');
