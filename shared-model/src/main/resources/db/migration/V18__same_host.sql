-- why no new account on the machine would be of use; null once a probe has found that one would
alter table machines
    add column if not exists unusable_reason varchar(500),
    -- that an older machine is the same host; null while none is known to be
    add column if not exists duplicate_reason varchar(500),
    -- an admin's word that several machines may stand for this host
    add column if not exists shared_host boolean not null default false;

-- one row: a transaction that gives a machine an address or host keys updates it first, so that no two do at once
create table if not exists host_checks (
    id   int    not null,
    turn bigint not null,
    constraint pk_host_checks primary key (id)
) default character set utf8mb4 collate utf8mb4_nopad_bin;

insert ignore into host_checks (id, turn) values (1, 0);

-- Machines that are one host already stay in the pool as they were: what is new holds for what is registered from now on.
update machines m
join (select port, case when lower(host) in ('localhost', '::1') then '127.0.0.1' else lower(host) end as address
      from machines group by 1, 2 having count(*) > 1) twins
    on twins.port = m.port
    and twins.address = case when lower(m.host) in ('localhost', '::1') then '127.0.0.1' else lower(m.host) end
set m.shared_host = true;

update machines m
join (select host_keys from machines where host_keys is not null group by host_keys having count(*) > 1) twins
    on twins.host_keys = m.host_keys
set m.shared_host = true;

-- a machine is lent only once a log-in has worked: those without one are probed at once
update machines set next_probe_at = utc_timestamp(6) where last_seen_at is null and next_probe_at > utc_timestamp(6);
