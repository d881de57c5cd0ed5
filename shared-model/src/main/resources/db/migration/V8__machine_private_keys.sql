-- a machine is logged in to with a password, a private key, or both
alter table machines
    modify sealed_password text,
    add column if not exists sealed_private_key text after sealed_password;
