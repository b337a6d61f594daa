-- Schema 2: the files that an experiment file includes, and the decisions of its stages.

alter table revisions add column includes text not null default '[]';  -- JSON array of path and text
alter table revisions add column decisions text not null default '[]'; -- JSON array: a stage's choice with its evidence
