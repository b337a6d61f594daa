//! The jobs that a run trains, in the order in which they start.

use crate::context::Context;
use crate::exit::Exit;
use crate::exit::failure;
use crate::output::progress::JobInfo;
use crate::planning::job_action::{JobAction, PlannedJob};
use crate::planning::recorded_jobs::RecordedJobs;
use anyhow::Result;
use convsweep_plan::{Plan, Planned};
use convsweep_spec::FORMAT;
use convsweep_spec::device::DeviceName;
use convsweep_spec::job::{Execution, Job};
use convsweep_spec::log::MemberJob;
use convsweep_store::find_job_among;

/// A job to train, with what the progress display says about it.
pub struct QueuedJob {
    /// Index of its configuration in the plan.
    configuration: usize,
    /// The job for the runner.
    pub job: Job,
    /// Its label and its work.
    pub info: JobInfo,
}

/// Keeps the jobs that the command line names (`--only`), each by the beginning of its id. They are
/// trained even if they diverged or were pruned before.
///
/// # Errors
/// If a beginning fits no job of the plan, or several.
pub fn keep_only(jobs: &mut Vec<PlannedJob>, prefixes: &[String]) -> Result<()> {
    let mut named = Vec::new();
    for prefix in prefixes {
        let ids = jobs.iter().map(|job| &job.job.job);
        let found = find_job_among(prefix, ids);
        named.push(found.map_err(|error| {
            let note =
                "only jobs of this file can be named, `convsweep plan FILE --json` lists them";
            failure(Exit::Wrong, format!("--only: {error} ({note})"))
        })?);
    }
    jobs.retain(|job| named.contains(&job.job.job));
    for job in jobs {
        if matches!(job.action, JobAction::Diverged | JobAction::Pruned) {
            job.action = JobAction::Train;
        }
    }
    Ok(())
}

/// The jobs to train in the order in which they start: by the file's priority, then the shortest
/// first unless the file asks for its own order. Seeds of a configuration stay together.
///
/// # Errors
/// If no folder of image sets is known.
pub fn queue(
    context: &Context,
    plan: &Plan,
    jobs: &[PlannedJob],
    recorded: &RecordedJobs,
) -> Result<Vec<QueuedJob>> {
    let mut queue = Vec::new();
    for job in jobs.iter().filter(|job| job.action.is_trained()) {
        queue.push(queued_job(context, plan, job, recorded)?);
    }
    // A stable sort by properties of the configuration keeps its seeds together.
    queue.sort_by(|a, b| {
        let (place_a, place_b) = (place(plan, a), place(plan, b));
        place_a
            .0
            .cmp(&place_b.0)
            .then(place_a.1.total_cmp(&place_b.1))
            .then(a.configuration.cmp(&b.configuration))
    });
    Ok(queue)
}

/// Rank by the file's priority, and work if the shortest job is to start first.
fn place(plan: &Plan, job: &QueuedJob) -> (u32, f64) {
    let rank = plan.configurations[job.configuration].rank;
    let work = if plan.run.short_first {
        job.info.work
    } else {
        0.0
    };
    (rank, work)
}

fn queued_job(
    context: &Context,
    plan: &Plan,
    planned_job: &PlannedJob,
    recorded: &RecordedJobs,
) -> Result<QueuedJob> {
    let planned = &plan.configurations[planned_job.configuration];
    let id = &planned_job.job.job;
    let attempts = recorded.states.get(id).map_or(0, |state| state.attempts);
    let start_from = match &planned_job.action {
        JobAction::Extend(state) => Some(state.clone()),
        _ => None,
    };
    let execution = Execution {
        attempt: attempts + 1,
        device: DeviceName::CPU,
        threads: 1,
        folder: context.results.job(id),
        data_cache: context.data()?.to_path_buf(),
        data_path: planned.data_path.clone(),
        weights: planned.weights.clone(),
        start_from,
        checkpoint_every: plan.run.checkpoint_every,
        until: None,
    };
    Ok(QueuedJob {
        configuration: planned_job.configuration,
        job: Job {
            format: FORMAT,
            id: id.clone(),
            question: planned.question(planned_job.job),
            execution,
        },
        info: JobInfo {
            label: label(planned, planned_job.job),
            work: work(planned),
        },
    })
}

fn label(planned: &Planned, job: &MemberJob) -> String {
    let fold = match job.fold {
        Some(fold) => format!(", fold {}", fold + 1),
        None => String::new(),
    };
    format!("{}, seed {}{fold}", planned.member.label, job.seed)
}

/// Work of a job of the configuration: epochs × images × multiply-accumulates.
fn work(planned: &Planned) -> f64 {
    let resolved = &planned.member.resolved;
    let images = resolved.data.limit.unwrap_or(planned.facts.train_images);
    f64::from(resolved.train.epochs()) * f64::from(images) * planned.summary.macs as f64
}
