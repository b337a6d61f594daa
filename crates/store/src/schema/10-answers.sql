-- Schema 10: what the results of an experiment say, computed from the other tables by one function. Rows of an experiment are
-- removed when its results change, and made again when the run ends, so that they never say what is no longer true.

create table answers ( -- one row for each experiment whose answers are up to date; there is none while a run changes its results
  experiment           text primary key not null,
  program              text not null,      -- version of the program that computed them
  pairs_tested         integer not null,   -- pairs of configurations that were compared, whether or not they are in verdicts
  margin               real,               -- differences of the metric up to this count as practically equal; null: the file gives none
  some_do_not_train    integer not null,   -- 1: some runs stayed at the chance level or diverged
  unit                 text not null,      -- what the runs of a configuration differ by: seed, fold, or run: both
  jobs                 integer not null,   -- all jobs
  finished             integer not null,   -- of these, those that finished
  race_rounds          integer not null,   -- how often a race over the seeds may look at the results; p-values are corrected for it
  diverged_value       real,               -- what a diverged run counts as, in the metric's unit; null: none diverged
  noise_runs           integer,            -- runs of the best configuration that were compared image by image; null: below two
  noise_images         integer,            -- validation images
  noise_total          real,               -- standard deviation of the validation accuracy between these runs
  noise_networks       real,               -- what would remain of it on infinitely many images
  noise_finite_set     real,               -- what the finite number of images adds
  optimism             real,               -- by how much choosing flatters the best result, in the metric's unit; null: fewer than 3 seeds
  optimism_seeds       integer,            -- seeds or folds that were left out one after another to estimate it
  optimism_configurations integer          -- configurations that were chosen from
) without rowid;

create table sentences ( -- the answers in words
  experiment text not null,
  part       text not null,                -- answer: at most five sentences; detail: what is worth knowing beyond them
  position   integer not null,             -- from 0
  sentence   text not null,
  primary key (experiment, part, position)
) without rowid;

create table standings ( -- every configuration of an experiment's newest revision with its result
  experiment     text not null,
  configuration  text not null,
  label          text not null,
  rank           integer,                  -- from 1; null: no result
  baseline       integer not null,         -- 1: the declared baseline
  jobs           integer not null,         -- all its jobs
  runs           integer not null,         -- those that count: finished with a result, or diverged
  trained        integer not null,         -- of these, those above the chance level
  diverged       integer not null,         -- of these, those that diverged
  mean           real,                     -- of the metric over the runs; a diverged one counts at the chance level
  sd             real,                     -- standard deviation of the same runs; null below two
  low            real,                     -- 95 % interval of the expected result, with the variance that all configurations teach
  high           real,
  trained_mean   real,                     -- mean of the runs that trained
  trained_sd     real,                     -- standard deviation of the runs that trained; null below two
  may_be_best    integer not null,         -- 1: no other is surely better; with a probability of 95 % the truly best one is among these
  beats          integer not null,         -- configurations that are surely worse
  beaten_by      integer not null,         -- configurations that are surely better
  stopped        integer,                  -- without a result: jobs that a rule stopped
  failed         integer,                  -- without a result: jobs that failed
  without_metric integer,                  -- without a result: finished jobs that have no finite value of the metric
  primary key (experiment, configuration)
) without rowid;

create table verdicts ( -- pairs of configurations compared; with more than 100, those with the best and with the baseline
  experiment         text not null,
  first              text not null,        -- configuration that ranks before the other one
  second             text not null,
  first_label        text not null,
  second_label       text not null,
  first_rank         integer not null,
  second_rank        integer not null,
  method             text not null,        -- independent; shared-training: seed by seed after a common beginning; folds: fold by fold
  first_runs         integer not null,
  second_runs        integer not null,
  verdict            text not null,        -- of the first: better, worse, equal (within the margin), unknown (not known yet)
  difference         real not null,        -- of the expected results, first minus second, in the metric's unit
  low                real,                 -- 95 % interval of this difference alone; null: nothing is known of the spread
  high               real,
  p                  real,                 -- two-sided p-value of no difference
  corrected          real,                 -- the same, corrected for all comparisons of the experiment (Holm); below 0.05: better or worse
  beyond_margin      real,                 -- corrected p-value of a difference beyond the margin; below 0.05: equal
  more_runs          integer,              -- further runs of each that would tell with a probability of 80 % if the difference is as large as it looks
  trained_verdict    text,                 -- the same of the runs that trained; null: all runs of the experiment did, or one of the two never did
  trained_difference real,
  trained_low        real,
  trained_high       real,
  trained_p          real,
  trained_corrected  real,
  share_verdict      text,                 -- the same of the shares of runs that train; null: all runs of the experiment did
  share_difference   real,
  share_low          real,
  share_high         real,
  share_p            real,
  share_corrected    real,
  primary key (experiment, first, second)
) without rowid;

create table axis_summary ( -- each axis of an experiment with at least two values that have results
  experiment text not null,
  axis       text not null,                -- dotted path
  name       text not null,
  position   integer not null,             -- from 0; the axis that moves the metric most is first
  basis      text not null,                -- what the spread is judged by: runs; additive-model: one run of each; nothing
  share      real,                         -- of the variance that it explains alone, 0 to 1; null: not known
  forest_explains real,                    -- null: share is over the complete grid; else by a random forest over the points that were trained, which predicts this share of the variance of others
  step       real,                         -- axis of numbers: change of the metric from one value to the next larger one, of a straight line
  step_low   real,                         -- 95 % interval of the step
  step_high  real,
  step_p     real,                         -- two-sided p-value of no trend
  monotone   integer,                      -- 1: the mean rises from value to value, or falls from value to value
  primary key (experiment, axis)
) without rowid;

create table axis_means ( -- the values of each axis
  experiment     text not null,
  axis           text not null,
  label          text not null,
  position       integer not null,         -- in the file's order, from 0
  mean           real not null,            -- of the metric over the configurations that have the value
  configurations integer not null,         -- number of these
  primary key (experiment, axis, label)
) without rowid;

create table effects ( -- pairs of values of an axis compared, over the combinations of the other axes' values that both have
  experiment   text not null,
  axis         text not null,
  first        text not null,              -- label
  second       text not null,              -- label
  combinations integer not null,           -- of the other axes' values
  verdict      text not null,              -- of the first: better, worse, unknown; equal only where the axis is the only one
  difference   real not null,              -- first minus second, in the metric's unit
  low          real,                       -- 95 % interval of this difference alone
  high         real,
  p            real,                       -- two-sided p-value of no difference
  corrected    real,                       -- the same, corrected for the comparisons of all axes
  primary key (experiment, axis, first, second)
) without rowid;

create table interactions ( -- pairs of axes where the effect of one surely depends on the value of the other
  experiment   text not null,
  position     integer not null,           -- from 0; the largest is first
  first_axis   text not null,              -- name
  second_axis  text not null,              -- name
  first_from   text not null,              -- labels of the first axis between which the effect is taken
  first_to     text not null,
  larger_at    text not null,              -- label of the second axis at which the effect is larger
  smaller_at   text not null,              -- and at which it is smaller
  larger       real not null,              -- the effect there, in the metric's unit
  smaller      real not null,
  difference   real not null,              -- of the two effects
  low          real,                       -- 95 % interval of this difference alone
  high         real,
  corrected    real not null,              -- p-value, corrected for all combinations of values and all pairs of axes
  primary key (experiment, position)
) without rowid;
