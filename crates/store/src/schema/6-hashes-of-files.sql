-- Schema 6: hashes of the files that jobs leave; null where an older program wrote none.

alter table artifacts add column blake3 text;  -- BLAKE3 of its bytes
alter table states add column blake3 text;     -- the hash that its file carries
create index states_by_job on states (job);    -- for the files of a job
