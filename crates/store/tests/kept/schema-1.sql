-- A database as schema 1 left it: one configuration, two jobs.
pragma application_id = 1129207379;
pragma user_version = 1;
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
INSERT INTO "artifacts" VALUES('01c113f1709958c6','model','model.safetensors',285984,1);
INSERT INTO "artifacts" VALUES('01c113f1709958c6','predictions','predictions.safetensors',191648,1);
INSERT INTO "artifacts" VALUES('62eabb58797d4869','model','model.safetensors',285984,1);
INSERT INTO "artifacts" VALUES('62eabb58797d4869','predictions','predictions.safetensors',191648,1);
CREATE TABLE attempts ( -- each try to train a job
  job               text not null references jobs,
  attempt           integer not null,   -- from 1
  device            text,               -- cpu, cuda:0, …
  host              text,
  pid               integer,
  started           real,               -- seconds since 1970 UTC; null: it could not begin
  ended             real,               -- null: running, or the program died with it
  seconds           real,               -- training time; for an attempt that died, up to its last word
  outcome           text,               -- finished, stopped, failed, diverged, out-of-memory, timed-out, crashed, cancelled
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
INSERT INTO "attempts" VALUES('01c113f1709958c6',1,'cpu','host',32741,1.79552898579141044618e+09,1.79552900129760670657e+09,15.509923788,'finished',NULL,'worker',NULL,55803904,'scratch',NULL,NULL,NULL,NULL,6,0,860248,'flex','cpu','avx2','0.1.0','9ebdb7cd83ad',1,1.79552900129760670657e+09);
INSERT INTO "attempts" VALUES('62eabb58797d4869',1,'cpu','host',32742,1.7955289863328285217e+09,1.79552900221725511556e+09,15.887558513,'finished',NULL,'worker',NULL,54550528,'scratch',NULL,NULL,NULL,NULL,6,0,860224,'flex','cpu','avx2','0.1.0','9ebdb7cd83ad',1,1.79552900221725511556e+09);
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
INSERT INTO "axis_values" VALUES('dead',1,'6f50a95ba2f128b3','model.parameters.width','width','32',32,'32',0);
INSERT INTO "axis_values" VALUES('dead',1,'6f50a95ba2f128b3','train.optimizer.lr','lr','0.003',0.003,'0.003',1);
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
INSERT INTO "configurations" VALUES('6f50a95ba2f128b3','shapes',7,32,6,'adam',0.003,71306,2309760,'9696ada7e0661a6f9946373e5d353065','{"augment":{"normalize":"unit","steps":[]},"data":{"channels":null,"damaged":"refuse","limit":null,"resize":null,"source":{"classes":10,"color":1.0,"name":"shapes","noise":0.05,"position":0.15,"rotation":30.0,"scale":[0.4,0.8],"seed":0,"size":32,"test":500,"texture":0.3,"train":2000},"split":{"scheme":{"validation":0.2},"seed":42,"stratify":true,"test":null}},"model":{"layers":[{"activation":"relu","bias":true,"dilation":[1,1],"filters":32,"groups":1,"init":"glorot-uniform","kernel":[3,3],"layer":"conv","norm":null,"padding":"same","stride":[2,2]},{"activation":"relu","bias":true,"dilation":[1,1],"filters":32,"groups":1,"init":"glorot-uniform","kernel":[3,3],"layer":"conv","norm":null,"padding":"valid","stride":[1,1]},{"kind":"max","layer":"pool","padding":"valid","size":[2,2],"stride":[2,2]},{"activation":"relu","bias":true,"dilation":[1,1],"filters":32,"groups":1,"init":"glorot-uniform","kernel":[3,3],"layer":"conv","norm":null,"padding":"valid","stride":[1,1]},{"layer":"flatten"},{"activation":"relu","bias":true,"init":"glorot-uniform","layer":"dense","units":64},{"activation":null,"bias":true,"init":"glorot-uniform","layer":"dense","units":10}]},"train":{"batch_size":32,"phases":[{"epochs":6,"optimizer":{"beta1":0.9,"beta2":0.999,"epsilon":1e-7,"lr":0.003,"name":"adam","weight_decay":0.0},"schedule":{"name":"constant"}}]}}');
CREATE TABLE confusion ( -- counts above zero
  job       text not null,
  part      text not null,
  actual    integer not null,           -- true class, from 0
  predicted integer not null,
  count     integer not null,
  primary key (job, part, actual, predicted),
  foreign key (job, part) references evaluations
) without rowid;
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',0,0,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',0,1,3);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',0,5,40);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',0,6,4);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',0,9,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',1,0,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',1,1,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',1,3,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',1,4,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',1,5,42);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',1,6,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',2,0,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',2,1,3);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',2,2,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',2,3,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',2,5,44);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',3,0,3);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',3,1,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',3,3,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',3,5,39);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',3,6,4);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',3,9,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',4,1,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',4,5,47);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',4,6,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',5,4,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',5,5,47);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',5,6,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',6,0,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',6,1,3);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',6,4,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',6,5,41);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',6,6,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',6,9,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',7,3,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',7,5,47);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',7,6,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',8,0,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',8,3,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',8,4,3);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',8,5,42);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',8,6,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',9,1,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',9,5,43);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',9,6,5);
INSERT INTO "confusion" VALUES('01c113f1709958c6','test',9,9,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',0,0,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',0,1,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',0,3,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',0,5,36);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',0,6,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',1,0,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',1,1,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',1,4,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',1,5,33);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',1,6,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',1,9,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',2,2,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',2,4,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',2,5,33);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',2,6,5);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',3,0,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',3,1,3);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',3,5,32);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',3,6,4);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',4,3,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',4,4,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',4,5,33);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',4,6,5);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',5,5,36);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',5,6,4);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',6,0,3);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',6,1,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',6,4,2);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',6,5,31);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',6,6,3);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',7,1,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',7,4,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',7,5,37);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',7,6,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',8,5,39);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',8,8,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',9,0,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',9,1,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',9,2,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',9,5,35);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',9,6,1);
INSERT INTO "confusion" VALUES('01c113f1709958c6','validation',9,9,1);
INSERT INTO "confusion" VALUES('62eabb58797d4869','test',0,2,50);
INSERT INTO "confusion" VALUES('62eabb58797d4869','test',1,2,50);
INSERT INTO "confusion" VALUES('62eabb58797d4869','test',2,2,50);
INSERT INTO "confusion" VALUES('62eabb58797d4869','test',3,2,50);
INSERT INTO "confusion" VALUES('62eabb58797d4869','test',4,2,50);
INSERT INTO "confusion" VALUES('62eabb58797d4869','test',5,2,50);
INSERT INTO "confusion" VALUES('62eabb58797d4869','test',6,2,50);
INSERT INTO "confusion" VALUES('62eabb58797d4869','test',7,2,50);
INSERT INTO "confusion" VALUES('62eabb58797d4869','test',8,2,50);
INSERT INTO "confusion" VALUES('62eabb58797d4869','test',9,2,50);
INSERT INTO "confusion" VALUES('62eabb58797d4869','validation',0,2,40);
INSERT INTO "confusion" VALUES('62eabb58797d4869','validation',1,2,40);
INSERT INTO "confusion" VALUES('62eabb58797d4869','validation',2,2,40);
INSERT INTO "confusion" VALUES('62eabb58797d4869','validation',3,2,40);
INSERT INTO "confusion" VALUES('62eabb58797d4869','validation',4,2,40);
INSERT INTO "confusion" VALUES('62eabb58797d4869','validation',5,2,40);
INSERT INTO "confusion" VALUES('62eabb58797d4869','validation',6,2,40);
INSERT INTO "confusion" VALUES('62eabb58797d4869','validation',7,2,40);
INSERT INTO "confusion" VALUES('62eabb58797d4869','validation',8,2,40);
INSERT INTO "confusion" VALUES('62eabb58797d4869','validation',9,2,40);
CREATE TABLE correctness ( -- which images were classified right
  job    text not null,
  part   text not null,
  images integer not null,
  bits   blob not null,                 -- bit i, lowest bit of the first byte first, is image i of the part
  primary key (job, part),
  foreign key (job, part) references evaluations
) without rowid;
INSERT INTO "correctness" VALUES('01c113f1709958c6','test',500,X'0084000208208000020820800002082080000008208000060920800002082080000208208000020820A0000208208000820020800082082080000208608200');
INSERT INTO "correctness" VALUES('01c113f1709958c6','validation',400,X'00C0000012004000100180000082000244090002200408800410000108404001080000020010004808505000100048800483');
INSERT INTO "correctness" VALUES('62eabb58797d4869','test',500,X'041040000104104000010410400001041040000104104000010410400001041040000104104000010410400001041040000104104000010410400001041000');
INSERT INTO "correctness" VALUES('62eabb58797d4869','validation',400,X'0000040000018040489000000200000101308000840000248004490001041000000400000000240225006000040002221000');
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
INSERT INTO "evaluations" VALUES('01c113f1709958c6','test',500,2.29515797680055,0.11,10,1);
INSERT INTO "evaluations" VALUES('01c113f1709958c6','validation',400,2.29501849160216631062e+00,0.1125,10,1);
INSERT INTO "evaluations" VALUES('62eabb58797d4869','test',500,2.30259486857690820471e+00,0.1,10,1);
INSERT INTO "evaluations" VALUES('62eabb58797d4869','validation',400,2.30259486857692063921e+00,0.1,10,1);
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
INSERT INTO "experiments" VALUES('dead',1,'Width or learning rate: which matters more for a small CNN on drawn shapes?','val_accuracy','max',NULL,0,'/home/someone/quickstart.toml',1.79553185162099170684e+09,1.79553185162099170684e+09);
CREATE TABLE jobs ( -- a configuration with a seed (and a fold): what is trained
  job           text primary key not null,
  configuration text references configurations, -- null only while no experiment's log names the job
  seed          integer,
  fold          integer,
  outcome       text,                   -- finished if any attempt did, else the last attempt's; null: waiting or running
  attempts      integer not null default 0,
  epoch         integer not null default 0,     -- completed epochs
  seconds       real not null default 0,        -- training time over all attempts
  origin_job    text,                   -- job whose saved state the training started from: the epochs before are its
  origin_epoch  integer
) without rowid;
INSERT INTO "jobs" VALUES('01c113f1709958c6','6f50a95ba2f128b3',0,NULL,'finished',1,6,15.509923788,NULL,NULL);
INSERT INTO "jobs" VALUES('62eabb58797d4869','6f50a95ba2f128b3',1,NULL,'finished',1,6,15.887558513,NULL,NULL);
CREATE TABLE logs ( -- how far each log has been read
  path     text primary key not null,   -- relative to the results folder
  offset   integer not null,            -- bytes
  lines    integer not null,
  revision integer                      -- the revision that an experiment's next line belongs to
) without rowid;
CREATE TABLE member_jobs ( -- which jobs a revision asks for
  experiment    text not null,
  revision      integer not null,
  configuration text not null,
  job           text not null references jobs,
  position      integer not null,       -- place among the configuration's jobs, from 0
  primary key (experiment, revision, configuration, job),
  foreign key (experiment, revision, configuration) references members
) without rowid;
INSERT INTO "member_jobs" VALUES('dead',1,'6f50a95ba2f128b3','01c113f1709958c6',0);
INSERT INTO "member_jobs" VALUES('dead',1,'6f50a95ba2f128b3','62eabb58797d4869',1);
CREATE TABLE members ( -- which configurations a revision asks for
  experiment    text not null,
  revision      integer not null,
  configuration text not null references configurations,
  position      integer not null,       -- place in the plan, from 0
  label         text not null,
  primary key (experiment, revision, configuration),
  foreign key (experiment, revision) references revisions
) without rowid;
INSERT INTO "members" VALUES('dead',1,'6f50a95ba2f128b3',0,'width=32, lr=0.003');
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
INSERT INTO "metrics" VALUES('01c113f1709958c6',1,'epoch_seconds',0,50,2.527304761,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',1,'images_per_second',0,50,6.96797464763045695671e+02,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',1,'learning_rate',0,50,0.003,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',1,'train_accuracy',0,50,0.096875,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',1,'train_loss',0,50,2.30832524779287506788e+00,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',1,'val_accuracy',0,50,0.1,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',1,'val_loss',0,50,2.30246620033476734334e+00,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',2,'epoch_seconds',0,100,2.574200817,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',2,'images_per_second',0,100,6.87915209793206940949e+02,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',2,'learning_rate',0,100,0.003,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',2,'train_accuracy',0,100,0.0925,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',2,'train_loss',0,100,2.3046136921188575819e+00,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',2,'val_accuracy',0,100,0.1,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',2,'val_loss',0,100,2.30257588822837711006e+00,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',6,'epoch_seconds',0,300,2.237050676,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',6,'images_per_second',0,300,7.94095723594019432291e+02,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',6,'learning_rate',0,300,0.003,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',6,'train_accuracy',0,300,0.09875,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',6,'train_loss',0,300,2.29397544444008039121e+00,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',6,'val_accuracy',0,300,0.1125,1);
INSERT INTO "metrics" VALUES('01c113f1709958c6',6,'val_loss',0,300,2.29501849160216631062e+00,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',1,'epoch_seconds',0,50,2.847793199,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',1,'images_per_second',0,50,6.12827007090710822005e+02,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',1,'learning_rate',0,50,0.003,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',1,'train_accuracy',0,50,0.086875,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',1,'train_loss',0,50,2.30680890609854660766e+00,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',1,'val_accuracy',0,50,0.1,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',1,'val_loss',0,50,2.30261774118722106763e+00,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',2,'epoch_seconds',0,100,2.915775836,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',2,'images_per_second',0,100,603.440179652137,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',2,'learning_rate',0,100,0.003,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',2,'train_accuracy',0,100,0.086875,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',2,'train_loss',0,100,2.30339414145354526297e+00,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',2,'val_accuracy',0,100,0.1,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',2,'val_loss',0,100,2.30260559233284034519e+00,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',6,'epoch_seconds',0,300,1.92640273,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',6,'images_per_second',0,300,8.79551706260303376404e+02,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',6,'learning_rate',0,300,0.003,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',6,'train_accuracy',0,300,0.080625,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',6,'train_loss',0,300,2.30305081020440960415e+00,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',6,'val_accuracy',0,300,0.1,1);
INSERT INTO "metrics" VALUES('62eabb58797d4869',6,'val_loss',0,300,2.30259486857692063921e+00,1);
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
  show_test  integer not null,
  primary key (experiment, revision)
) without rowid;
INSERT INTO "revisions" VALUES('dead',1,1.79553185162099170684e+09,'/home/someone/quickstart.toml','# What does it ask?   Which matters more for a small CNN: how wide it is, or its learning rate?
# What does it need?  Nothing: the images are drawn by the program. Under two minutes on two cores.

[experiment]
name = "dead"
question = "Width or learning rate: which matters more for a small CNN on drawn shapes?"
seeds = 6                         # every configuration is trained with seeds 0 and 1

[data]
source = { name = "shapes", train = 2000, test = 500, rotation = 30, texture = 0.3 }

[model]
parameters = { width = 16 }
layers = [
  { conv = "$width", kernel = 3, stride = 2, padding = "same", activation = "relu" },
  { conv = "$width", kernel = 3, activation = "relu" },
  { pool = "max", size = 2 },
  { conv = "$width", kernel = 3, activation = "relu" },
  { flatten = true },
  { dense = 64, activation = "relu" },
  { dense = "classes" },
]

[train]
epochs = 6
batch_size = 32
optimizer = { name = "adam", lr = 1e-3 }

[[sweep]]
[sweep.grid]                      # every combination: 3 × 2 configurations, 12 jobs
"model.parameters.width" = [32]
"train.optimizer.lr" = [3e-3]
','[]','Width or learning rate: which matters more for a small CNN on drawn shapes?','val_accuracy','max',NULL,'[{"labels":["32"],"name":"width","path":"model.parameters.width"},{"labels":["0.003"],"name":"lr","path":"train.optimizer.lr"}]','["circle","square","triangle","pentagon","star","ring","cross","crescent","heart","arrow"]',0);
CREATE TABLE states ( -- kept training states; equal keys mean equal bits
  key     text not null,
  job     text not null references jobs,
  epoch   integer not null,
  path    text not null,                -- relative to the job's folder
  bytes   integer not null,
  attempt integer not null,
  primary key (key, job)
) without rowid;
INSERT INTO "states" VALUES('776cd861777614e6','62eabb58797d4869',6,'states/epoch-6',860224,1);
INSERT INTO "states" VALUES('e828172e15312fb5','01c113f1709958c6',6,'states/epoch-6',860248,1);
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
INSERT INTO "summary" VALUES('dead','6f50a95ba2f128b3','epoch_seconds',6,5.941043691,4.12587349787189872074e+00,1.6112049966309198723e+00,1.02708823853690809355e+01);
INSERT INTO "summary" VALUES('dead','6f50a95ba2f128b3','images_per_second',6,4.53741722475697031305e+02,3.10713169774071559466e+02,1.27668248329734581149e+02,7.79815196621659424648e+02);
INSERT INTO "summary" VALUES('dead','6f50a95ba2f128b3','learning_rate',6,2.99999999999999962876e-03,4.75073589413134151487e-19,2.99999999999999919508e-03,0.003);
INSERT INTO "summary" VALUES('dead','6f50a95ba2f128b3','seconds',6,3.84833959508333336421e+01,1.88025065108827860171e+01,1.87513754989366390191e+01,5.8215416402730028266e+01);
INSERT INTO "summary" VALUES('dead','6f50a95ba2f128b3','test_accuracy',6,3.45333333333333325487e-01,2.22159102146787301723e-01,1.12191653813202202316e-01,5.78475012853464476414e-01);
INSERT INTO "summary" VALUES('dead','6f50a95ba2f128b3','test_loss',6,1.69316923230769345032e+00,5.91023481682136475612e-01,1.07292812661504788351e+00,2.31341033800033901712e+00);
INSERT INTO "summary" VALUES('dead','6f50a95ba2f128b3','train_accuracy',6,3.26562500000000033306e-01,2.30987942731866430223e-01,8.41555205109267290275e-02,5.68969479489073393096e-01);
INSERT INTO "summary" VALUES('dead','6f50a95ba2f128b3','train_loss',6,1.74984749369019332299e+00,5.98853051520692680753e-01,1.1213897583639120814e+00,2.37830522901647434252e+00);
INSERT INTO "summary" VALUES('dead','6f50a95ba2f128b3','val_accuracy',6,0.3575,2.29074223779106134202e-01,1.17101345384697769214e-01,5.97898654615302227455e-01);
INSERT INTO "summary" VALUES('dead','6f50a95ba2f128b3','val_loss',6,1.67075377291852311678e+00,5.94448866251414242967e-01,1.04691794657852765837e+00,2.29458959925851857519e+00);
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
where a.outcome in ('failed', 'diverged', 'out-of-memory', 'timed-out', 'crashed')
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
CREATE VIEW "wide_dead" as -- a row a job of the newest revision: axes, and metrics of the last epoch
select m.label, j.seed, j.fold,
  (select a.value from axis_values a where a.experiment = m.experiment and a.revision = m.revision and a.configuration = m.configuration and a.axis = 'model.parameters.width') as "width",
  (select a.value from axis_values a where a.experiment = m.experiment and a.revision = m.revision and a.configuration = m.configuration and a.axis = 'train.optimizer.lr') as "lr",
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'train_loss') as train_loss,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'train_accuracy') as train_accuracy,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'val_loss') as val_loss,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'val_accuracy') as val_accuracy,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'learning_rate') as learning_rate,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'images_per_second') as images_per_second,
  (select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = 'epoch_seconds') as epoch_seconds,
  j.outcome, j.attempts, j.epoch, j.seconds, c.parameters, c.macs, j.job, m.configuration
from experiments e
join members m on m.experiment = e.experiment and m.revision = e.revision
join configurations c on c.configuration = m.configuration
join member_jobs mj on mj.experiment = m.experiment and mj.revision = m.revision and mj.configuration = m.configuration
join jobs j on j.job = mj.job
where e.experiment = 'dead'
order by m.position, mj.position;
COMMIT;
