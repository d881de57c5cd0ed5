-- forgotten, like the password, as soon as the account is gone
alter table reservations add column if not exists ssh_public_key text after password_hash;
