create view leaderboard as -- the configurations of each experiment, best first; as in standings, or while a run changes the results, by the mean over the finished jobs
with rows as (
  select e.experiment, e.metric, m.label, coalesce(s.n, 0) as n, m.configuration,
    case when a.experiment is null then s.mean else t.mean end as mean,
    case when a.experiment is null then s.sd else t.sd end as sd,
    case when a.experiment is null then s.low else t.low end as low,
    case when a.experiment is null then s.high else t.high end as high,
    t.trained, t.runs, t.may_be_best,
    row_number() over (partition by e.experiment
      order by t.rank is null, t.rank, s.mean is null, case e.direction when 'min' then s.mean else -s.mean end, m.position) as rank,
    coalesce(m.configuration = e.baseline, 0) as baseline, e.show_test
  from experiments e
  join members m on m.experiment = e.experiment and m.revision = e.revision
  left join summary s on s.experiment = e.experiment and s.configuration = m.configuration and s.metric = e.metric
  left join answers a on a.experiment = e.experiment
  left join standings t on t.experiment = e.experiment and t.configuration = m.configuration)
select r.experiment, r.rank, r.label, r.metric, r.mean, r.sd, r.n, r.low, r.high,
  (select count(*) from experiments e join member_jobs j on j.experiment = e.experiment and j.revision = e.revision
    where e.experiment = r.experiment and j.configuration = r.configuration) as jobs, -- all jobs; n of them have finished
  c.parameters, c.macs,
  (select s.mean from summary s where s.experiment = r.experiment and s.configuration = r.configuration and s.metric = 'seconds') as seconds,
  case when r.baseline or r.show_test or (r.rank = 1 and r.mean is not null) then
    (select s.mean from summary s where s.experiment = r.experiment and s.configuration = r.configuration and s.metric = 'test_accuracy')
  end as test_accuracy, -- of the best and the baseline only, unless the file asks for all
  r.baseline, r.configuration,
  r.trained, r.runs, -- of the runs that count (finished or diverged), those that trained; null while a run changes the results
  r.may_be_best
from rows r join configurations c on c.configuration = r.configuration
order by r.experiment, r.rank;

create view may_be_best as -- the configurations of each experiment that may be the best; with a probability of 95 % the truly best one is among them
select experiment, rank, label, mean, low, high, trained, runs, configuration
from standings where may_be_best order by experiment, rank;

create view who_beats_whom as -- pairs of configurations of which one is surely better
select v.experiment, case v.verdict when 'better' then v.first_label else v.second_label end as better,
  case v.verdict when 'better' then v.second_label else v.first_label end as worse,
  case v.verdict when 'better' then v.difference else -v.difference end as difference, -- better minus worse, in the metric's unit
  case v.verdict when 'better' then v.low else -v.high end as low, case v.verdict when 'better' then v.high else -v.low end as high,
  v.corrected
from verdicts v where v.verdict in ('better', 'worse') order by v.experiment, v.first_rank, v.second_rank;

create view not_known_yet as -- pairs of configurations of which it is not known whether one is better
select experiment, first_label, second_label, difference, low, high, corrected, more_runs
from verdicts where verdict = 'unknown' order by experiment, first_rank, second_rank;

create view curves as -- every metric of every epoch, including the epochs before the saved state that a job started from
with recursive lineage(job, source, above, until) as (
  select job, job, 0, 9223372036854775807 from jobs
  union
  select l.job, o.job, coalesce(o.origin_epoch, 0), min(s.origin_epoch, l.until)
  from lineage l join jobs s on s.job = l.source join jobs o on o.job = s.origin_job and o.outcome is not 'damaged')
select e.experiment, m.label, j.job, j.seed, j.fold, x.phase, x.epoch, x.step, x.name as metric, x.value, mj.configuration
from experiments e
join members m on m.experiment = e.experiment and m.revision = e.revision
join member_jobs mj on mj.experiment = e.experiment and mj.revision = e.revision and mj.configuration = m.configuration
join jobs j on j.job = mj.job
join lineage l on l.job = j.job
join metrics x on x.job = l.source and x.epoch > l.above and x.epoch <= l.until
  and (l.source = l.job or not exists (select 1 from metrics own where own.job = l.job and own.epoch = x.epoch));

create view failures as -- failed attempts, newest first
select e.experiment as experiment, m.label as label, a.job as job, j.seed as seed, j.fold as fold, a.attempt as attempt,
  a.outcome as outcome, a.detail as detail, a.device as device, a.host as host, a.ended as ended, a.stderr as stderr,
  j.outcome as job_outcome -- finished: a later attempt succeeded
from attempts a
join jobs j on j.job = a.job
left join (member_jobs mj join experiments e on e.experiment = mj.experiment and e.revision = mj.revision
  join members m on m.experiment = mj.experiment and m.revision = mj.revision and m.configuration = mj.configuration)
  on mj.job = a.job
where a.outcome in ('failed', 'diverged', 'out-of-memory', 'disk-full', 'timed-out', 'crashed', 'lost')
order by a.ended desc;

create view classes as -- class names of each experiment
select e.experiment, n.key as class, n.value as name
from experiments e join revisions r on r.experiment = e.experiment and r.revision = e.revision, json_each(r.classes) n;

create view per_class as -- precision, recall and F1 of each class of each evaluation
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

create view image_sets as -- folders and tables of images of each experiment's newest revision
select e.experiment, s.key as image_set, -- from 0
  s.value ->> 'path' as path, s.value ->> 'data_hash' as data_hash,
  (select sum(p.value ->> 'images') from json_each(s.value, '$.places') p) as images,
  coalesce((select sum(o.value ->> 'count') from json_each(s.value, '$.left_out') o), 0) as files_not_used,
  (select group_concat(n.value, '; ') from json_each(s.value, '$.notes') n) as notes -- null: none
from experiments e join revisions r on r.experiment = e.experiment and r.revision = e.revision, json_each(r.images) s;

create view image_places as -- where the images of each set were found, and what they are for
select e.experiment, s.key as image_set, p.key as position,
  p.value ->> 'name' as place, -- a folder, or the value of a table's column
  p.value ->> 'part' as part, -- training, validation or test
  p.value ->> 'images' as images
from experiments e join revisions r on r.experiment = e.experiment and r.revision = e.revision, json_each(r.images) s,
  json_each(s.value, '$.places') p;

create view not_used as -- files of each set that were not used, and why
select e.experiment, s.key as image_set, o.value ->> 'reason' as reason,
  o.value ->> 'count' as files, -- a folder that was not entered counts as one
  (select group_concat(x.value, ', ') from json_each(o.value, '$.examples') x) as first_names
from experiments e join revisions r on r.experiment = e.experiment and r.revision = e.revision, json_each(r.images) s,
  json_each(s.value, '$.left_out') o;

create view class_images as -- images of each class in each part; of folds, those of the first one
select e.experiment, s.key as image_set, c.key as class, c.value ->> 'class' as name,
  c.value ->> 'training' as training, c.value ->> 'validation' as validation, c.value ->> 'test' as test
from experiments e join revisions r on r.experiment = e.experiment and r.revision = e.revision, json_each(r.images) s,
  json_each(s.value, '$.classes') c;
