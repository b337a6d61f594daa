-- Schema 1. Every value comes from jobs/<id>/events.jsonl and <experiment>/log.jsonl; `convsweep rebuild` builds the same
-- rows again.

create table experiments ( -- one row for each experiment, as of its newest revision
  experiment text primary key not null,
  revision   integer not null,          -- the newest one: views show its configurations only
  question   text,
  metric     text not null,             -- by which configurations are compared
  direction  text not null,             -- max: larger is better; min: smaller is better
  baseline   text,                      -- configuration that the others are compared with
  show_test  integer not null,          -- 1: the file asks for the test metrics of all configurations
  file       text not null,
  created    real not null,             -- seconds since 1970 UTC: datetime(created, 'unixepoch')
  updated    real not null
) without rowid;

create table revisions ( -- every version of the file of an experiment that was run
  experiment text not null,
  revision   integer not null,          -- from 1
  time       real not null,
  file       text not null,
  text       text not null,             -- the whole file
  overrides  text not null,             -- JSON array: --set and --seeds, as written
  question   text,
  metric     text not null,
  direction  text not null,
  baseline   text,
  axes       text not null,             -- JSON array of path, name and labels
  classes    text not null,             -- JSON array of names, by label
  show_test  integer not null,
  primary key (experiment, revision)
) without rowid;

create table configurations ( -- one point of a grid, fully resolved; shared by all experiments that contain it
  configuration text primary key not null,
  source        text not null,          -- image set
  model_layers  integer not null,
  batch_size    integer not null,
  epochs        integer not null,       -- of all phases together
  optimizer     text not null,          -- of the first phase
  learning_rate real not null,          -- at the start of the first phase
  parameters    integer not null,       -- trainable
  macs          integer not null,       -- multiply-accumulate operations for one image
  data_hash     text not null,          -- identity of the images
  resolved      text not null           -- JSON, every default filled in: json_extract(resolved, '$.train.batch_size')
) without rowid;

create table members ( -- the configurations of each revision
  experiment    text not null,
  revision      integer not null,
  configuration text not null references configurations,
  position      integer not null,       -- place in the plan, from 0
  label         text not null,
  primary key (experiment, revision, configuration),
  foreign key (experiment, revision) references revisions
) without rowid;
create index members_by_configuration on members (configuration);

create table axis_values ( -- one row for each configuration and axis of a revision
  experiment    text not null,
  revision      integer not null,
  configuration text not null,
  axis          text not null,          -- dotted path in the file
  name          text not null,          -- the axis's short name
  label         text not null,          -- the value's short label
  value,                                -- as number or text; the label if it is a table or an array
  json          text not null,          -- the value as written, as JSON
  position      integer not null,       -- place among the configuration's values, from 0
  primary key (experiment, revision, configuration, axis),
  foreign key (experiment, revision, configuration) references members
) without rowid;

create table jobs ( -- a configuration with a seed (and a fold): the unit that is trained
  job           text primary key not null,
  configuration text references configurations, -- null only while no experiment's log names the job
  seed          integer,
  fold          integer,
  outcome       text,                   -- finished if any attempt did, else the last attempt's, or stopped by a later decision; null: waiting or running
  attempts      integer not null default 0,
  epoch         integer not null default 0,     -- completed epochs
  seconds       real not null default 0,        -- training time over all attempts
  origin_job    text,                   -- the job from whose saved state the training started: the epochs before belong to it
  origin_epoch  integer
) without rowid;
create index jobs_by_configuration on jobs (configuration);

create table member_jobs ( -- the jobs of each revision
  experiment    text not null,
  revision      integer not null,
  configuration text not null,
  job           text not null references jobs,
  position      integer not null,       -- place among the configuration's jobs, from 0
  primary key (experiment, revision, configuration, job),
  foreign key (experiment, revision, configuration) references members
) without rowid;
create index member_jobs_by_job on member_jobs (job);

create table attempts ( -- every attempt to train a job
  job               text not null references jobs,
  attempt           integer not null,   -- from 1
  device            text,               -- cpu, cuda:0, …
  host              text,
  pid               integer,
  started           real,               -- seconds since 1970 UTC; null: it could not start
  ended             real,               -- null: running, or the program died with it
  seconds           real,               -- training time; of an attempt whose worker died, up to its last event
  outcome           text,               -- finished, stopped, failed, diverged, out-of-memory, disk-full, timed-out, crashed, lost, cancelled
  detail            text,               -- the reason, message or signal
  ended_by          text,               -- worker: reported by itself; 'log of EXPERIMENT': the worker died, according to that log
  stderr            text,               -- the end of the worker's stderr, if it died
  peak_memory_bytes integer,
  start             text,               -- scratch, checkpoint, state
  start_job         text,               -- job whose state it started from
  start_epoch       integer,
  start_step        integer,
  exact             integer,            -- 1: started with the program and hardware that wrote the state, which guarantees equal bits
  checkpoint_epoch  integer,            -- its newest checkpoint
  checkpoint_step   integer,
  checkpoint_bytes  integer,
  backend           text,               -- flex, libtorch, cuda
  device_kind       text,               -- cpu, or the GPU's name
  instructions      text,               -- instruction set of the kernels
  program_version   text,
  git_revision      text,
  git_clean         integer,            -- 0: built from changed sources; null: unknown
  last_event        real,               -- time of its newest event
  primary key (job, attempt)
) without rowid;

create table metrics ( -- one row for each job, epoch and name
  job     text not null references jobs,
  epoch   integer not null,             -- completed epochs, from 1
  name    text not null,                -- train_loss, val_accuracy, …
  phase   integer not null,
  step    integer not null,             -- completed steps over the whole job
  value   real,                         -- null: not a number (NaN); infinities are kept
  attempt integer not null,             -- a later attempt's value replaces an earlier one's
  primary key (job, epoch, name)
) without rowid;

create table evaluations ( -- the trained network on the validation and the test images
  job      text not null references jobs,
  part     text not null,               -- validation, test
  images   integer not null,
  loss     real,                        -- null: not a number
  accuracy real,
  classes  integer not null,
  attempt  integer not null,
  primary key (job, part)
) without rowid;

create table confusion ( -- counts above zero
  job       text not null,
  part      text not null,
  actual    integer not null,           -- true class, from 0
  predicted integer not null,
  count     integer not null,
  primary key (job, part, actual, predicted),
  foreign key (job, part) references evaluations
) without rowid;

create table correctness ( -- which images were classified correctly
  job    text not null,
  part   text not null,
  images integer not null,
  bits   blob not null,                 -- bit i, lowest bit of the first byte first, is image i of the part
  primary key (job, part),
  foreign key (job, part) references evaluations
) without rowid;

create table artifacts ( -- files in a job's folder
  job     text not null references jobs,
  kind    text not null,
  path    text not null,                -- relative to the job's folder
  bytes   integer not null,
  attempt integer not null,
  primary key (job, kind, path)
) without rowid;

create table states ( -- saved training states; equal keys mean equal bits
  key     text not null,
  job     text not null references jobs,
  epoch   integer not null,
  path    text not null,                -- relative to the job's folder
  bytes   integer not null,
  attempt integer not null,
  primary key (key, job)
) without rowid;

create table warnings ( -- warnings of workers
  job     text not null references jobs,
  attempt integer not null,
  n       integer not null,             -- number of the event
  time    real not null,
  text    text not null,
  primary key (job, attempt, n)
) without rowid;

create table summary ( -- statistics over the finished jobs of each configuration of an experiment's newest revision
  experiment    text not null,
  configuration text not null,
  metric        text not null,          -- those of the epoch whose weights are kept; test_loss and test_accuracy; seconds
  n             integer not null,       -- number of jobs
  mean          real,
  sd            real,                   -- standard deviation of a sample (n - 1); null for n < 2
  low           real,                   -- 95 % interval of the mean by Student's t
  high          real,
  primary key (experiment, configuration, metric)
) without rowid;

create table logs ( -- how far each log has been read
  path     text primary key not null,   -- relative to the results folder
  offset   integer not null,            -- bytes
  lines    integer not null,
  revision integer                      -- the revision that an experiment's next line belongs to
) without rowid;
