-- Schema 4: decisions are ordered by attempts, whatever the clock shows.

alter table decisions add column attempt integer; -- the job's newest attempt at that time, 0 before the first; null: not recorded
