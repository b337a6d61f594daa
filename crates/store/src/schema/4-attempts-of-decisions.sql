-- Schema 4: decisions and attempts are in order whatever the clock did.

alter table decisions add column attempt integer; -- the job's newest attempt at that time, 0 before the first; null: not recorded
