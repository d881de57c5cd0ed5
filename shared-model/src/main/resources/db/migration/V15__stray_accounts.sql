-- one note tells of several accounts, each with why it could not be removed
alter table machines modify stray_reason text;
