//! Jobs, slots, and a run whose events are collected.

use convsweep_runner::launcher::Launcher;
use convsweep_runner::{RunEvent, RunPolicy, RunSummary, Slot, StopRequest, run_with};
use convsweep_spec::augment::{AugmentSpec, Normalize};
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::{Damaged, DataSpec, Source, Split, SplitScheme};
use convsweep_spec::device::DeviceName;
use convsweep_spec::job::{CheckpointEvery, Execution, Job, Question};
use convsweep_spec::model::{Layer, ModelSpec};
use convsweep_spec::task::Task;
use convsweep_spec::train::{Optimizer, Phase, TrainSpec};
use std::path::Path;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// A job with these phases (epochs and learning rate), in a folder of its own under `results`.
pub fn job_with(results: &Path, seed: u64, phases: &[(u32, f64)]) -> Job {
    let phase = |&(epochs, lr): &(u32, f64)| Phase::new(epochs, Optimizer::sgd(lr, 0.0));
    let question = Question {
        configuration: Configuration {
            data: DataSpec {
                source: Source::Cifar10,
                split: Split {
                    scheme: SplitScheme::Validation(0.2),
                    seed: 42,
                    stratify: true,
                    test: None,
                },
                limit: None,
                resize: None,
                channels: None,
                damaged: Damaged::Refuse,
            },
            augment: AugmentSpec {
                normalize: Normalize::Unit,
                steps: vec![],
            },
            model: ModelSpec {
                layers: vec![Layer::Flatten],
            },
            train: TrainSpec::new(64, phases.iter().map(phase).collect()),
            task: Task::Train,
        },
        data_hash: "hash".into(),
        seed,
        fold: None,
    };
    let id = question.job_id();
    Job {
        format: convsweep_spec::FORMAT,
        execution: Execution {
            attempt: 1,
            device: DeviceName::CPU,
            threads: 0,
            folder: results.join("jobs").join(&id.0),
            data_cache: results.into(),
            data_path: None,
            weights: None,
            start_from: None,
            checkpoint_every: CheckpointEvery::default(),
            until: None,
        },
        id,
        question,
    }
}

/// A job that differs from others by its seed alone.
pub fn job(results: &Path, seed: u64) -> Job {
    job_with(results, seed, &[(1, 0.1)])
}

pub fn slots(count: usize, worker: &Path) -> Vec<Slot> {
    let slot = |i| Slot {
        device: DeviceName::cuda(i as u32),
        threads: 1,
        cores: vec![],
        worker: worker.into(),
        memory_bytes: None,
    };
    (0..count).map(slot).collect()
}

pub fn policy() -> RunPolicy {
    let (start_delay, backoff) = (Duration::from_millis(1), Duration::ZERO);
    RunPolicy {
        start_delay,
        backoff,
        grace: Duration::from_millis(500),
        ..RunPolicy::default()
    }
}

/// Runs to the end; `control` sees every event as it happens and may stop the run.
pub fn run_all(
    launcher: &dyn Launcher,
    jobs: Vec<Job>,
    slots: Vec<Slot>,
    control: impl FnMut(&RunEvent) -> Option<StopRequest>,
) -> (Vec<RunEvent>, RunSummary) {
    run_by(policy(), launcher, jobs, slots, control)
}

/// [`run_all`] by another policy.
pub fn run_by(
    policy: RunPolicy,
    launcher: &dyn Launcher,
    jobs: Vec<Job>,
    slots: Vec<Slot>,
    mut control: impl FnMut(&RunEvent) -> Option<StopRequest>,
) -> (Vec<RunEvent>, RunSummary) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (say, mut heard) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(StopRequest::No);
        let (_tell, told) = mpsc::unbounded_channel();
        let run = run_with(launcher, jobs, slots, policy, say, stopped, told);
        let mut events = Vec::new();
        let listen = async {
            while let Some(event) = heard.recv().await {
                if let Some(wish) = control(&event) {
                    stop.send(wish).unwrap();
                }
                events.push(event);
            }
        };
        let both = async { tokio::join!(run, listen) };
        let (summary, ()) = tokio::time::timeout(Duration::from_secs(60), both)
            .await
            .expect("the run hangs");
        (events, summary)
    })
}

/// What happened, in short words; jobs by their place in `jobs`.
pub fn words(events: &[RunEvent], jobs: &[Job]) -> Vec<String> {
    let place =
        |id: &convsweep_spec::id::JobId| jobs.iter().position(|j| j.id == *id).unwrap_or(99);
    let word = |event: &RunEvent| match event {
        RunEvent::Launched {
            slot, job, attempt, ..
        } => format!("{}.{attempt} on {slot}", place(job)),
        RunEvent::AttemptEnded {
            job,
            attempt,
            outcome,
            by_worker,
            ..
        } => {
            format!(
                "{}.{attempt} {}{}",
                place(job),
                outcome.name(),
                if *by_worker { "" } else { "!" }
            )
        }
        RunEvent::Retrying { job, attempt, .. } => format!("{} again as {attempt}", place(job)),
        RunEvent::Finished { job, attempts, .. } => format!("{} done in {attempts}", place(job)),
        RunEvent::StartFailed { slot, failures, .. } => {
            format!("start {failures} failed on {slot}")
        }
        RunEvent::SlotClosed { slot, .. } => format!("slot {slot} closed"),
        RunEvent::Noise { text, .. } => format!("noise {text}"),
        RunEvent::Stopping { stop, running } => format!("stopping {stop:?} {running}"),
        RunEvent::Decided(d) => format!(
            "{} {} by {} at {}",
            place(&d.job),
            d.verdict.name(),
            d.rule,
            d.epoch
        ),
        RunEvent::Paused(paused) => format!("paused {paused}"),
        RunEvent::Halting(halt) => format!("halting {halt:?}"),
        RunEvent::Worker(_) => String::new(),
    };
    events.iter().map(word).filter(|w| !w.is_empty()).collect()
}
