-- Schema 7: a rule may decide about a job at several epochs in one moment, when the job had been trained before.

create table decisions_by_epoch ( -- decisions of stopping rules and people about jobs
  experiment text not null,
  job        text not null references jobs,
  time       real not null,             -- seconds since 1970 UTC
  attempt    integer,                   -- the job's newest attempt at that time, 0 before the first; null: not recorded
  epoch      integer not null,          -- completed epochs at which the rule judged the job; for a person, those at that time
  verdict    text not null,             -- go-on, or stop: the job is pruned
  rule       text not null,             -- name of the rule, or person
  reason     text not null,
  primary key (experiment, job, time, verdict, epoch)
) without rowid;
insert into decisions_by_epoch select experiment, job, time, attempt, epoch, verdict, rule, reason from decisions;
drop table decisions;
alter table decisions_by_epoch rename to decisions;
create index decisions_by_job on decisions (job);
