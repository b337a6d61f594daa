-- Schema 2: what an experiment file includes, and what its stages chose.

alter table revisions add column includes text not null default '[]';  -- JSON array of path and text
alter table revisions add column decisions text not null default '[]'; -- JSON array: a stage's choice with its evidence
