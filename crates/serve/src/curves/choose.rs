//! Which curves are shown.

use crate::feed::Sweep;
use crate::view::View;
use convsweep_spec::id::JobId;
use convsweep_store::{JobProgress, JobState};
use std::collections::HashMap;

/// Configurations that are shown if none is ticked.
const BEST: usize = 6;
/// Curves at most, where each seed has one.
const MOST_LINES: usize = 40;

/// What one curve is the mean of.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveLine {
    /// A configuration's or a job's id.
    pub id: String,
    /// Its name.
    pub label: String,
    /// The jobs.
    pub jobs: Vec<LineJob>,
}

/// A job of a curve, as far as it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct LineJob {
    /// Its id.
    pub id: JobId,
    /// Its attempts.
    pub attempts: u32,
    /// Its completed epochs.
    pub epoch: u32,
    /// Whether it has finished.
    pub is_finished: bool,
}

/// The curves that a view shows of an experiment: those of the ticked configurations, or else of the
/// best ones that the filters leave, and of those that train while none has a result.
pub fn chosen_lines(sweep: &Sweep, view: &View) -> Vec<CurveLine> {
    let states: HashMap<&JobId, &JobProgress> =
        sweep.state.jobs.iter().map(|job| (&job.job, job)).collect();
    let mut lines = Vec::new();
    for configuration in &sweep.report.configurations {
        let is_ticked = view.ticked.contains(&configuration.id.0);
        let is_shown = match view.ticked.is_empty() {
            true => view.shows(&configuration.label, &configuration.values),
            false => is_ticked,
        };
        if !is_shown {
            continue;
        }
        let mut jobs = Vec::new();
        for (job, seed, fold) in &configuration.jobs {
            let Some(progress) = states.get(job) else {
                continue;
            };
            if progress.state.epoch > 0 {
                jobs.push((line_job(job, &progress.state), *seed, *fold));
            }
        }
        if jobs.is_empty() {
            continue;
        }
        match view.each_seed {
            false => lines.push(CurveLine {
                id: configuration.id.0.clone(),
                label: configuration.label.clone(),
                jobs: jobs.into_iter().map(|(job, ..)| job).collect(),
            }),
            true => {
                for (job, seed, fold) in jobs {
                    let fold = fold.map_or(String::new(), |fold| format!(", fold {fold}"));
                    lines.push(CurveLine {
                        id: job.id.0.clone(),
                        label: format!("{}, seed {seed}{fold}", configuration.label),
                        jobs: vec![job],
                    });
                }
            }
        }
        let is_enough = view.ticked.is_empty() && lines.len() >= BEST;
        if is_enough || lines.len() >= MOST_LINES {
            break;
        }
    }
    lines.truncate(MOST_LINES);
    lines
}

/// The curve of one job.
pub fn job_lines(job: &JobId, state: &JobState) -> Vec<CurveLine> {
    vec![CurveLine {
        id: job.0.clone(),
        label: format!("job {job}"),
        jobs: vec![line_job(job, state)],
    }]
}

fn line_job(job: &JobId, state: &JobState) -> LineJob {
    LineJob {
        id: job.clone(),
        attempts: state.attempts,
        epoch: state.epoch,
        is_finished: state.finished,
    }
}
