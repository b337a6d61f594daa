-- Schema 5: what is wrong with the logs is remembered.

create table log_problems ( -- lines of logs that are damaged, missing or out of place; a job whose log has one is damaged
  log     text not null,                -- path relative to the results folder
  line    integer not null,             -- from 1; 0: the log as a whole
  problem text not null,
  primary key (log, line)
) without rowid;
alter table logs add column last_line integer not null default 0; -- number of the last line that is in its place
alter table logs add column damaged integer not null default 0;   -- damaged lines since then
alter table logs add column checked integer not null default 0;   -- lines with a checksum
alter table logs add column inode integer;                        -- of the file as it was read
alter table logs add column modified integer;                     -- when the file was changed, in nanoseconds since 1970 UTC
delete from logs; -- every log is read once from its beginning, so that its problems are known
