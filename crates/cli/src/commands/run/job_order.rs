//! The jobs that a run trains, in the order in which they start.

use super::jobs_folder::make_jobs_folder;
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
use convsweep_spec::id::JobId;
use convsweep_spec::job::{Execution, FolderIdentity, Job};
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
/// trained even if they diverged or were pruned before; the answer is those that were pruned.
///
/// # Errors
/// If a beginning fits no job of the plan, or several.
pub fn keep_only(jobs: &mut Vec<PlannedJob>, prefixes: &[String]) -> Result<Vec<JobId>> {
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
    let mut pruned = Vec::new();
    for job in jobs {
        if job.action == JobAction::Pruned {
            pruned.push(job.job.job.clone());
        }
        if matches!(job.action, JobAction::Diverged | JobAction::Pruned) {
            job.action = JobAction::Train;
        }
    }
    Ok(pruned)
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
    let jobs_folder = Some(make_jobs_folder(&context.results)?);
    for job in jobs.iter().filter(|job| job.action.is_trained()) {
        queue.push(queued_job(context, plan, job, recorded, jobs_folder)?);
    }
    // A stable sort by properties of the configuration keeps its seeds together.
    let mut places = vec![0; plan.configurations.len()];
    for (place, configuration) in configuration_order(plan).into_iter().enumerate() {
        places[configuration] = place;
    }
    queue.sort_by_key(|job| places[job.configuration]);
    Ok(queue)
}

/// The plan's configurations in the order in which their jobs start.
pub fn configuration_order(plan: &Plan) -> Vec<usize> {
    let mut order: Vec<usize> = (0..plan.configurations.len()).collect();
    order.sort_by(|a, b| {
        let (rank_a, work_a) = place(plan, *a);
        let (rank_b, work_b) = place(plan, *b);
        rank_a.cmp(&rank_b).then(work_a.total_cmp(&work_b))
    });
    order
}

/// Rank by the file's priority, and work if the shortest job is to start first.
fn place(plan: &Plan, configuration: usize) -> (u32, f64) {
    let planned = &plan.configurations[configuration];
    let work = if plan.run.short_first {
        work(planned)
    } else {
        0.0
    };
    (planned.rank, work)
}

fn queued_job(
    context: &Context,
    plan: &Plan,
    planned_job: &PlannedJob,
    recorded: &RecordedJobs,
    jobs_folder: Option<FolderIdentity>,
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
        jobs_folder,
        data_cache: context.data()?.to_path_buf(),
        data_path: planned.data_path.clone(),
        image_limits: planned.image_limits,
        weights: planned.weights.clone(),
        start_from,
        checkpoint_every: plan.run.checkpoint_every,
        until: None,
        asks_from: None,
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
            epochs: planned.member.resolved.train.epochs(),
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
