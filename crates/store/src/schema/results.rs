//! The results of finished jobs in SQL: what [`JobFigures::result`] says of one metric of one job.
//!
//! [`JobFigures::result`]: convsweep_spec::figures::JobFigures::result

/// The finite results of the jobs in a table `finished` with the columns `job`, `kept_job`,
/// `kept_epoch`, `seconds` and `position`: as `name`, `value`, `position` and `job`.
///
/// They are the metrics of the epoch whose weights are kept, in whichever job's log it is. If that
/// has none on the validation images, those of the evaluation after training count.
pub(crate) const RESULTS: &str = "
    select name, value, position, job from (
      select x.name as name, x.value as value, f.position as position, f.job as job
        from finished f join metrics x on x.job = f.kept_job and x.epoch = f.kept_epoch
      union all
      select case v.part when 'test' then 'test_' else 'val_' end || m.name,
          case m.name when 'loss' then v.loss else v.accuracy end, f.position, f.job
        from finished f join evaluations v on v.job = f.job
        join (select 'loss' as name union all select 'accuracy') m
        where v.part = 'test' or not exists (select 1 from metrics x
          where x.job = f.kept_job and x.epoch = f.kept_epoch and x.name = 'val_' || m.name)
      union all select 'seconds', seconds, position, job from finished)
    where abs(value) < 9e999";
