create table decisions ( -- decisions of stopping rules and people about jobs
  experiment text not null,
  job        text not null references jobs,
  time       real not null,             -- seconds since 1970 UTC
  epoch      integer not null,          -- completed epochs at which the rule judged the job; for a person, those at that time
  verdict    text not null,             -- go-on, or stop: the job is pruned
  rule       text not null,             -- name of the rule, or person
  reason     text not null,
  primary key (experiment, job, time, verdict)
) without rowid;
create index decisions_by_job on decisions (job);
