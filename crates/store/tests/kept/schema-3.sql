-- A database as schema 3 left it: two configurations, of which a rule spared one.
pragma application_id = 1129207379;
pragma user_version = 3;
pragma foreign_keys = off;
BEGIN TRANSACTION;
CREATE TABLE artifacts ( -- files left in a job's folder
  job     text not null references jobs,
  kind    text not null,
  path    text not null,                -- relative to the job's folder
  bytes   integer not null,
  attempt integer not null,
  primary key (job, kind, path)
) without rowid;
INSERT INTO "artifacts" VALUES('1fb8598b04be8c27','kernels','kernels.json',110,3);
INSERT INTO "artifacts" VALUES('1fb8598b04be8c27','model','model.safetensors',3240,3);
INSERT INTO "artifacts" VALUES('1fb8598b04be8c27','predictions','predictions.safetensors',8380,3);
CREATE TABLE attempts ( -- each try to train a job
  job               text not null references jobs,
  attempt           integer not null,   -- from 1
  device            text,               -- cpu, cuda:0, …
  host              text,
  pid               integer,
  started           real,               -- seconds since 1970 UTC; null: it could not begin
  ended             real,               -- null: running, or the program died with it
  seconds           real,               -- training time; for an attempt that died, up to its last word
  outcome           text,               -- finished, stopped, failed, diverged, out-of-memory, timed-out, crashed, lost, cancelled
  detail            text,               -- the reason, message or signal
  ended_by          text,               -- worker: its own word; 'log of EXPERIMENT': it died, as that log tells
  stderr            text,               -- the end of the worker's stderr, where it died
  peak_memory_bytes integer,
  start             text,               -- scratch, checkpoint, state
  start_job         text,               -- job whose state it started from
  start_epoch       integer,
  start_step        integer,
  exact             integer,            -- 1: started under the fingerprint that wrote the state, so equal bits are promised
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
INSERT INTO "attempts" VALUES('1f7f7dd35aa01c52',1,'cpu','host',25013,1.79571240546859216694e+09,1.79571240549497818952e+09,0.02735231,'stopped','0.2500 after 1 epochs is place 2 of 2; the best 1 go on (down to 0.2500)','worker',NULL,17813504,'scratch',NULL,NULL,NULL,NULL,1,0,10736,'flex','cpu','avx512','0.1.0','e58c6832c75f',1,1.79571240549497818952e+09);
INSERT INTO "attempts" VALUES('1fb8598b04be8c27',1,'cpu','host',25012,1.79571240543009257323e+09,1.79571240543984818457e+09,0.010900944,'cancelled',NULL,'worker',NULL,17940480,'scratch',NULL,NULL,NULL,NULL,1,0,10752,'flex','cpu','avx512','0.1.0','e58c6832c75f',1,1.79571240543984818457e+09);
INSERT INTO "attempts" VALUES('1fb8598b04be8c27',2,'cpu','host',25012,1.79571240549327707297e+09,1.79571240549577975276e+09,0.003142294,'cancelled',NULL,'worker',NULL,18083840,'checkpoint',NULL,1,0,1,2,0,11336,'flex','cpu','avx512','0.1.0','e58c6832c75f',1,1.79571240549577975276e+09);
INSERT INTO "attempts" VALUES('1fb8598b04be8c27',3,'cpu','host',25012,1.79571240549666142466e+09,1.7957124055628545284e+09,0.066749409,'finished',NULL,'worker',NULL,20180992,'checkpoint',NULL,2,0,1,4,0,12432,'flex','cpu','avx512','0.1.0','e58c6832c75f',1,1.7957124055628545284e+09);
CREATE TABLE axis_values ( -- one row for each configuration and axis of a revision
  experiment    text not null,
  revision      integer not null,
  configuration text not null,
  axis          text not null,          -- dotted path in the file
  name          text not null,          -- the axis's short name
  label         text not null,          -- the value's short label
  value,                                -- as number or text; the label where it is a table or an array
  json          text not null,          -- the value as written, as JSON
  position      integer not null,       -- place among the configuration's values, from 0
  primary key (experiment, revision, configuration, axis),
  foreign key (experiment, revision, configuration) references members
) without rowid;
INSERT INTO "axis_values" VALUES('small',1,'098441c9163a8dcf','train.optimizer.lr','lr','1e-6',1.0e-06,'1e-6',0);
INSERT INTO "axis_values" VALUES('small',1,'7d6f6729a13d4d15','train.optimizer.lr','lr','0.01',0.01,'0.01',0);
CREATE TABLE configurations ( -- one point of a grid, fully resolved; shared by all experiments that ask for it
  configuration text primary key not null,
  source        text not null,          -- image set
  model_layers  integer not null,
  batch_size    integer not null,
  epochs        integer not null,       -- over all phases
  optimizer     text not null,          -- of the first phase
  learning_rate real not null,          -- at the start of the first phase
  parameters    integer not null,       -- trainable
  macs          integer not null,       -- multiply-accumulate operations for one image
  data_hash     text not null,          -- identity of the images
  resolved      text not null           -- JSON, every default filled in: json_extract(resolved, '$.train.batch_size')
) without rowid;
INSERT INTO "configurations" VALUES('098441c9163a8dcf','shapes',2,32,4,'adam',1.0e-06,772,768,'5377872737c128a139cb5adfb2e164ae','{"augment":{"normalize":"unit","steps":[]},"data":{"channels":null,"damaged":"refuse","limit":null,"resize":null,"source":{"classes":4,"color":1.0,"name":"shapes","noise":0.05,"position":0.15,"rotation":180.0,"scale":[0.4,0.8],"seed":0,"size":8,"test":20,"texture":0.5,"train":60},"split":{"scheme":{"validation":0.2},"seed":42,"stratify":true,"test":null}},"model":{"layers":[{"layer":"flatten"},{"activation":null,"bias":true,"init":"glorot-uniform","layer":"dense","units":4}]},"train":{"batch_size":32,"phases":[{"epochs":4,"optimizer":{"beta1":0.9,"beta2":0.999,"epsilon":1e-7,"lr":1e-6,"name":"adam","weight_decay":0.0},"schedule":{"name":"constant"}}]}}');
INSERT INTO "configurations" VALUES('7d6f6729a13d4d15','shapes',2,32,4,'adam',0.01,772,768,'5377872737c128a139cb5adfb2e164ae','{"augment":{"normalize":"unit","steps":[]},"data":{"channels":null,"damaged":"refuse","limit":null,"resize":null,"source":{"classes":4,"color":1.0,"name":"shapes","noise":0.05,"position":0.15,"rotation":180.0,"scale":[0.4,0.8],"seed":0,"size":8,"test":20,"texture":0.5,"train":60},"split":{"scheme":{"validation":0.2},"seed":42,"stratify":true,"test":null}},"model":{"layers":[{"layer":"flatten"},{"activation":null,"bias":true,"init":"glorot-uniform","layer":"dense","units":4}]},"train":{"batch_size":32,"phases":[{"epochs":4,"optimizer":{"beta1":0.9,"beta2":0.999,"epsilon":1e-7,"lr":0.01,"name":"adam","weight_decay":0.0},"schedule":{"name":"constant"}}]}}');
CREATE TABLE confusion ( -- counts above zero
  job       text not null,
  part      text not null,
  actual    integer not null,           -- true class, from 0
  predicted integer not null,
  count     integer not null,
  primary key (job, part, actual, predicted),
  foreign key (job, part) references evaluations
) without rowid;
INSERT INTO "confusion" VALUES('1fb8598b04be8c27','test',0,0,5);
INSERT INTO "confusion" VALUES('1fb8598b04be8c27','test',1,0,5);
INSERT INTO "confusion" VALUES('1fb8598b04be8c27','test',2,0,3);
INSERT INTO "confusion" VALUES('1fb8598b04be8c27','test',2,1,2);
INSERT INTO "confusion" VALUES('1fb8598b04be8c27','test',3,0,5);
INSERT INTO "confusion" VALUES('1fb8598b04be8c27','validation',0,0,3);
INSERT INTO "confusion" VALUES('1fb8598b04be8c27','validation',1,0,2);
INSERT INTO "confusion" VALUES('1fb8598b04be8c27','validation',1,1,1);
INSERT INTO "confusion" VALUES('1fb8598b04be8c27','validation',2,0,3);
INSERT INTO "confusion" VALUES('1fb8598b04be8c27','validation',3,0,3);
CREATE TABLE correctness ( -- which images were classified right
  job    text not null,
  part   text not null,
  images integer not null,
  bits   blob not null,                 -- bit i, lowest bit of the first byte first, is image i of the part
  primary key (job, part),
  foreign key (job, part) references evaluations
) without rowid;
INSERT INTO "correctness" VALUES('1fb8598b04be8c27','test',20,X'111101');
INSERT INTO "correctness" VALUES('1fb8598b04be8c27','validation',12,X'A005');
CREATE TABLE decisions ( -- what stopping rules and people decided about jobs
  experiment text not null,
  job        text not null references jobs,
  time       real not null,             -- seconds since 1970 UTC
  epoch      integer not null,          -- the job's completed epochs at that time
  verdict    text not null,             -- go-on; stop: the job is spared
  rule       text not null,             -- name of the rule, or person
  reason     text not null,
  primary key (experiment, job, time, verdict)
) without rowid;
INSERT INTO "decisions" VALUES('small','1f7f7dd35aa01c52',1.7957124054919676781e+09,1,'stop','successive-halving','0.2500 after 1 epochs is place 2 of 2; the best 1 go on (down to 0.2500)');
INSERT INTO "decisions" VALUES('small','1fb8598b04be8c27',1.79571240549193763733e+09,1,'go-on','successive-halving','0.2500 after 1 epochs is place 1 of 2; the best 1 go on (down to 0.2500)');
INSERT INTO "decisions" VALUES('small','1fb8598b04be8c27',1.79571240549383831022e+09,2,'go-on','successive-halving','0.1667 after 2 epochs is place 1 of 1; the best 1 go on (down to 0.1667)');
CREATE TABLE evaluations ( -- the trained network on the validation and the test images
  job      text not null references jobs,
  part     text not null,               -- validation, test
  images   integer not null,
  loss     real,                        -- null: not a number
  accuracy real,
  classes  integer not null,
  attempt  integer not null,
  primary key (job, part)
) without rowid;
INSERT INTO "evaluations" VALUES('1fb8598b04be8c27','test',20,1.58445671956964551085e+00,0.25,4,3);
INSERT INTO "evaluations" VALUES('1fb8598b04be8c27','validation',12,1.507331715345002765e+00,3.33333333333333314829e-01,4,3);
CREATE TABLE experiments ( -- one row an experiment; what it asks now
  experiment text primary key not null,
  revision   integer not null,          -- the newest one: views show its configurations
  question   text,
  metric     text not null,             -- what configurations are compared by
  direction  text not null,             -- max: larger is better; min: smaller is better
  baseline   text,                      -- configuration that the others are compared with
  show_test  integer not null,          -- 1: the file asks for test figures of all configurations
  file       text not null,
  created    real not null,             -- seconds since 1970 UTC: datetime(created, 'unixepoch')
  updated    real not null
) without rowid;
INSERT INTO "experiments" VALUES('small',1,'Which learning rate?','val_accuracy','max',NULL,0,'/x/small.toml',1.79571240541171073916e+09,1.79571240541171073916e+09);
CREATE TABLE jobs ( -- a configuration with a seed (and a fold): what is trained
  job           text primary key not null,
  configuration text references configurations, -- null only while no experiment's log names the job
  seed          integer,
  fold          integer,
  outcome       text,                   -- finished if any attempt did, else the last attempt's, or stopped by a later decision; null: waiting or running
  attempts      integer not null default 0,
  epoch         integer not null default 0,     -- completed epochs
  seconds       real not null default 0,        -- training time over all attempts
  origin_job    text,                   -- job whose saved state the training started from: the epochs before are its
  origin_epoch  integer
) without rowid;
INSERT INTO "jobs" VALUES('1f7f7dd35aa01c52','098441c9163a8dcf',0,NULL,'stopped',1,1,0.02735231,NULL,NULL);
INSERT INTO "jobs" VALUES('1fb8598b04be8c27','7d6f6729a13d4d15',0,NULL,'finished',3,4,0.080792647,NULL,NULL);
CREATE TABLE logs ( -- how far each log has been read
  path     text primary key not null,   -- relative to the results folder
  offset   integer not null,            -- bytes
  lines    integer not null,
  revision integer                      -- the revision that an experiment's next line belongs to
) without rowid;
INSERT INTO "logs" VALUES('jobs/1f7f7dd35aa01c52/events.jsonl',1303,4,NULL);
INSERT INTO "logs" VALUES('jobs/1fb8598b04be8c27/events.jsonl',1236,4,NULL);
INSERT INTO "logs" VALUES('small/log.jsonl',3588,6,1);
CREATE TABLE member_jobs ( -- which jobs a revision asks for
  experiment    text not null,
  revision      integer not null,
  configuration text not null,
  job           text not null references jobs,
  position      integer not null,       -- place among the configuration's jobs, from 0
  primary key (experiment, revision, configuration, job),
  foreign key (experiment, revision, configuration) references members
) without rowid;
INSERT INTO "member_jobs" VALUES('small',1,'098441c9163a8dcf','1f7f7dd35aa01c52',0);
INSERT INTO "member_jobs" VALUES('small',1,'7d6f6729a13d4d15','1fb8598b04be8c27',0);
CREATE TABLE members ( -- which configurations a revision asks for
  experiment    text not null,
  revision      integer not null,
  configuration text not null references configurations,
  position      integer not null,       -- place in the plan, from 0
  label         text not null,
  primary key (experiment, revision, configuration),
  foreign key (experiment, revision) references revisions
) without rowid;
INSERT INTO "members" VALUES('small',1,'098441c9163a8dcf',1,'lr=1e-6');
INSERT INTO "members" VALUES('small',1,'7d6f6729a13d4d15',0,'lr=0.01');
CREATE TABLE metrics ( -- one row for each job, epoch and name
  job     text not null references jobs,
  epoch   integer not null,             -- completed epochs, from 1
  name    text not null,                -- train_loss, val_accuracy, …
  phase   integer not null,
  step    integer not null,             -- completed steps over the whole job
  value   real,                         -- null: not a number (NaN); infinities are kept
  attempt integer not null,             -- a later attempt's value replaces an earlier one's
  primary key (job, epoch, name)
) without rowid;
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'epoch_seconds',0,2,0.000722701,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'gradient_norm',0,2,2.70403819666004796573e+00,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'images_per_second',0,2,7.05178211756202217653e+04,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'learning_rate',0,2,1.0e-06,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'train_accuracy',0,2,0.25,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'train_loss',0,2,1.50666918514630920888e+00,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'val_accuracy',0,2,0.25,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'val_balanced_accuracy',0,2,0.25,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'val_calibration_error',0,2,3.43160902460416139536e-01,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'val_loss',0,2,1.60957500906886585845e+00,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'val_macro_f1',0,2,0.1,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'val_macro_precision',0,2,0.0625,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'val_roc_auc',0,2,3.42592592592592559697e-01,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'val_top5_accuracy',0,2,1.0,1);
INSERT INTO "metrics" VALUES('1f7f7dd35aa01c52',1,'val_weighted_f1',0,2,1.00000000000000019428e-01,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'epoch_seconds',0,2,0.001036064,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'gradient_norm',0,2,2.35226189161062526622e+00,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'images_per_second',0,2,4.89941400967021836558e+04,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'learning_rate',0,2,0.01,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'train_accuracy',0,2,3.33333333333333314829e-01,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'train_loss',0,2,1.49088965386585114991e+00,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'val_accuracy',0,2,0.25,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'val_balanced_accuracy',0,2,0.25,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'val_calibration_error',0,2,2.64487278958161653452e-01,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'val_loss',0,2,1.76272334686690101968e+00,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'val_macro_f1',0,2,0.1,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'val_macro_precision',0,2,0.0625,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'val_roc_auc',0,2,3.88888888888888895056e-01,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'val_top5_accuracy',0,2,1.0,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',1,'val_weighted_f1',0,2,1.00000000000000019428e-01,1);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'epoch_seconds',0,4,0.000308057,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'gradient_norm',0,4,2.16519417051839813126e+00,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'images_per_second',0,4,1.79103141021335643019e+05,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'learning_rate',0,4,0.01,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'train_accuracy',0,4,0.25,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'train_loss',0,4,1.56848162395159640425e+00,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'val_accuracy',0,4,1.66666666666666657414e-01,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'val_balanced_accuracy',0,4,1.66666666666666657414e-01,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'val_calibration_error',0,4,3.00474556783835111684e-01,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'val_loss',0,4,1.68928205608402293158e+00,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'val_macro_f1',0,4,7.14285714285714246063e-02,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'val_macro_precision',0,4,4.5454545454545455807e-02,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'val_roc_auc',0,4,3.24074074074074069962e-01,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'val_top5_accuracy',0,4,1.0,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',2,'val_weighted_f1',0,4,7.14285714285714246063e-02,2);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'epoch_seconds',0,6,0.000283159,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'gradient_norm',0,6,3.24865349927183144629e+00,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'images_per_second',0,6,1.92357014619133085946e+05,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'learning_rate',0,6,0.01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'train_accuracy',0,6,0.3125,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'train_loss',0,6,1.58789044419857816592e+00,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'val_accuracy',0,6,0.25,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'val_balanced_accuracy',0,6,0.25,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'val_calibration_error',0,6,3.56887509425481141978e-01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'val_loss',0,6,1.5700197337667,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'val_macro_f1',0,6,0.1,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'val_macro_precision',0,6,0.0625,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'val_roc_auc',0,6,3.61111111111111104943e-01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'val_top5_accuracy',0,6,1.0,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',3,'val_weighted_f1',0,6,1.00000000000000019428e-01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'epoch_seconds',0,8,0.000345315,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'gradient_norm',0,8,1.68540776810600112511e+00,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'images_per_second',0,8,1.69896469338996539588e+05,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'learning_rate',0,8,0.01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'train_accuracy',0,8,0.375,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'train_loss',0,8,1.37393571156155291923e+00,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'val_accuracy',0,8,3.33333333333333314829e-01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'val_balanced_accuracy',0,8,3.33333333333333314829e-01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'val_calibration_error',0,8,1.3142375648021697998e-01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'val_loss',0,8,1.507331715345002765e+00,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'val_macro_f1',0,8,2.32142857142857150787e-01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'val_macro_precision',0,8,3.18181818181818176771e-01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'val_roc_auc',0,8,4.07407407407407440302e-01,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'val_top5_accuracy',0,8,1.0,3);
INSERT INTO "metrics" VALUES('1fb8598b04be8c27',4,'val_weighted_f1',0,8,2.32142857142857123031e-01,3);
CREATE TABLE revisions ( -- each form that the file of an experiment had
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
  show_test  integer not null, includes text not null default '[]', decisions text not null default '[]',
  primary key (experiment, revision)
) without rowid;
INSERT INTO "revisions" VALUES('small',1,1.79571240541171073916e+09,'/x/small.toml','[experiment]
name = "small"
question = "Which learning rate?"
seeds = 1

[data]
source = { name = "shapes", train = 60, test = 20, size = 8, classes = 4 }

[model]
layers = [{ flatten = true }, { dense = "classes" }]

[train]
epochs = 4
batch_size = 32
optimizer = { name = "adam", lr = 1e-3 }

[[sweep]]
[sweep.grid]
"train.optimizer.lr" = [1e-2, 1e-6]

[search]
stop = { rule = "successive-halving", eta = 2, first = 1 }
','[]','Which learning rate?','val_accuracy','max',NULL,'[{"labels":["0.01","1e-6"],"name":"lr","path":"train.optimizer.lr"}]','["circle","square","triangle","pentagon"]',0,'[]','[]');
CREATE TABLE states ( -- kept training states; equal keys mean equal bits
  key     text not null,
  job     text not null references jobs,
  epoch   integer not null,
  path    text not null,                -- relative to the job's folder
  bytes   integer not null,
  attempt integer not null,
  primary key (key, job)
) without rowid;
INSERT INTO "states" VALUES('928f1a2fbdedd1f6','1fb8598b04be8c27',4,'states/epoch-4',12432,3);
CREATE TABLE summary ( -- figures over the finished jobs of each configuration of an experiment's newest revision
  experiment    text not null,
  configuration text not null,
  metric        text not null,          -- the last epoch's metrics; test_loss and test_accuracy; seconds
  n             integer not null,       -- jobs counted
  mean          real,
  sd            real,                   -- standard deviation of a sample (n - 1); null for n < 2
  low           real,                   -- 95 % interval of the mean by Student's t
  high          real,
  primary key (experiment, configuration, metric)
) without rowid;
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','epoch_seconds',1,0.000345315,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','gradient_norm',1,1.68540776810600112511e+00,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','images_per_second',1,1.69896469338996539588e+05,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','learning_rate',1,0.01,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','seconds',1,0.080792647,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','test_accuracy',1,0.25,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','test_loss',1,1.58445671956964551085e+00,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','train_accuracy',1,0.375,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','train_loss',1,1.37393571156155291923e+00,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','val_accuracy',1,3.33333333333333314829e-01,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','val_balanced_accuracy',1,3.33333333333333314829e-01,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','val_calibration_error',1,1.3142375648021697998e-01,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','val_loss',1,1.507331715345002765e+00,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','val_macro_f1',1,2.32142857142857150787e-01,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','val_macro_precision',1,3.18181818181818176771e-01,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','val_roc_auc',1,4.07407407407407440302e-01,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','val_top5_accuracy',1,1.0,NULL,NULL,NULL);
INSERT INTO "summary" VALUES('small','7d6f6729a13d4d15','val_weighted_f1',1,2.32142857142857123031e-01,NULL,NULL,NULL);
CREATE TABLE warnings ( -- what a worker wanted known
  job     text not null references jobs,
  attempt integer not null,
  n       integer not null,             -- number of the event
  time    real not null,
  text    text not null,
  primary key (job, attempt, n)
) without rowid;
CREATE INDEX members_by_configuration on members (configuration);
CREATE INDEX jobs_by_configuration on jobs (configuration);
CREATE INDEX member_jobs_by_job on member_jobs (job);
CREATE INDEX decisions_by_job on decisions (job);
CREATE VIEW leaderboard as -- the configurations of each experiment, best first by its metric on the validation images
with rows as (
  select e.experiment, e.metric, m.label, s.mean, s.sd, coalesce(s.n, 0) as n, s.low, s.high, m.configuration, m.position,
    row_number() over (partition by e.experiment
      order by s.mean is null, case e.direction when 'min' then s.mean else -s.mean end, m.position) as rank,
    coalesce(m.configuration = e.baseline, 0) as baseline, e.show_test
  from experiments e
  join members m on m.experiment = e.experiment and m.revision = e.revision
  left join summary s on s.experiment = e.experiment and s.configuration = m.configuration and s.metric = e.metric)
select r.experiment, r.rank, r.label, r.metric, r.mean, r.sd, r.n, r.low, r.high,
  (select count(*) from experiments e join member_jobs j on j.experiment = e.experiment and j.revision = e.revision
    where e.experiment = r.experiment and j.configuration = r.configuration) as jobs, -- asked for; n of them count
  c.parameters, c.macs,
  (select s.mean from summary s where s.experiment = r.experiment and s.configuration = r.configuration and s.metric = 'seconds') as seconds,
  case when r.baseline or r.show_test or (r.rank = 1 and r.mean is not null) then
    (select s.mean from summary s where s.experiment = r.experiment and s.configuration = r.configuration and s.metric = 'test_accuracy')
  end as test_accuracy, -- of the best and the baseline only, unless the file asks for all
  r.baseline, r.configuration
from rows r join configurations c on c.configuration = r.configuration
order by r.experiment, r.rank;
CREATE VIEW curves as -- every metric of every epoch, also of the epochs that a job took over from another's saved state
with recursive lineage(job, source, above, until) as (
  select job, job, coalesce(origin_epoch, 0), 9223372036854775807 from jobs
  union
  select l.job, j.job, case when j.origin_job is null then 0 else min(j.origin_epoch, l.above) end, l.above
  from lineage l join jobs s on s.job = l.source join jobs j on j.job = s.origin_job
  where l.above > 0)
select e.experiment, m.label, j.job, j.seed, j.fold, x.phase, x.epoch, x.step, x.name as metric, x.value, mj.configuration
from experiments e
join members m on m.experiment = e.experiment and m.revision = e.revision
join member_jobs mj on mj.experiment = e.experiment and mj.revision = e.revision and mj.configuration = m.configuration
join jobs j on j.job = mj.job
join lineage l on l.job = j.job
join metrics x on x.job = l.source and x.epoch > l.above and x.epoch <= l.until;
CREATE VIEW failures as -- attempts that did not end well, newest first
select e.experiment as experiment, m.label as label, a.job as job, j.seed as seed, j.fold as fold, a.attempt as attempt,
  a.outcome as outcome, a.detail as detail, a.device as device, a.host as host, a.ended as ended, a.stderr as stderr,
  j.outcome as job_outcome -- finished: a later attempt made up for it
from attempts a
join jobs j on j.job = a.job
left join (member_jobs mj join experiments e on e.experiment = mj.experiment and e.revision = mj.revision
  join members m on m.experiment = mj.experiment and m.revision = mj.revision and m.configuration = mj.configuration)
  on mj.job = a.job
where a.outcome in ('failed', 'diverged', 'out-of-memory', 'timed-out', 'crashed', 'lost')
order by a.ended desc;
CREATE VIEW classes as -- class names of each experiment
select e.experiment, n.key as class, n.value as name
from experiments e join revisions r on r.experiment = e.experiment and r.revision = e.revision, json_each(r.classes) n;
CREATE VIEW per_class as -- precision, recall and F1 of each class of each evaluation
with recursive labels(job, part, class, classes) as (
  select job, part, 0, classes from evaluations where classes > 0
  union all select job, part, class + 1, classes from labels where class + 1 < classes),
actual as (select job, part, actual as class, sum(count) as n from confusion group by 1, 2, 3),
predicted as (select job, part, predicted as class, sum(count) as n from confusion group by 1, 2, 3),
counts as (
  select l.job, l.part, l.class, coalesce(a.n, 0) as support, coalesce(p.n, 0) as predicted, coalesce(c.count, 0) as correct
  from labels l
  left join actual a on a.job = l.job and a.part = l.part and a.class = l.class
  left join predicted p on p.job = l.job and p.part = l.part and p.class = l.class
  left join confusion c on c.job = l.job and c.part = l.part and c.actual = l.class and c.predicted = l.class)
select job, part, class, support, predicted, correct,
  1.0 * correct / nullif(predicted, 0) as precision, -- null: the class was never predicted
  1.0 * correct / nullif(support, 0) as recall,
  2.0 * correct / nullif(support + predicted, 0) as f1
from counts;
CREATE VIEW "wide_small" as -- a row a job of the newest revision: axes, and metrics of the last epoch
select m.label, j.seed, j.fold,
  (select a.value from axis_values a where a.experiment = m.experiment and a.revision = m.revision and a.configuration = m.configuration and a.axis = 'train.optimizer.lr') as "lr",
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'train_loss') as train_loss,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'train_accuracy') as train_accuracy,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'val_loss') as val_loss,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'val_accuracy') as val_accuracy,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'learning_rate') as learning_rate,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'gradient_norm') as gradient_norm,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'images_per_second') as images_per_second,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'epoch_seconds') as epoch_seconds,
  j.outcome, j.attempts, j.epoch, j.seconds, c.parameters, c.macs, j.job, m.configuration
from experiments e
join members m on m.experiment = e.experiment and m.revision = e.revision
join configurations c on c.configuration = m.configuration
join member_jobs mj on mj.experiment = m.experiment and mj.revision = m.revision and mj.configuration = m.configuration
join jobs j on j.job = mj.job
where e.experiment = 'small'
order by m.position, mj.position;
COMMIT;
