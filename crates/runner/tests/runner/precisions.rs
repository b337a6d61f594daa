//! Jobs in several precisions: which slots get them, and by which workers.

use crate::fake_launcher::{FakeLauncher, finish};
use crate::jobs::jobs;
use convsweep_runner::RunEvent;
use convsweep_spec::device::{DeviceName, WorkerKind};
use convsweep_spec::job::Job;
use convsweep_spec::precision::{Precision, Precisions};
use std::path::Path;

const F32: Precision = Precision::F32;
const TF32: Precision = Precision::Tf32;
const BF16: Precision = Precision::Bf16;

fn jobs_in(results: &Path, precisions: &[Precision]) -> Vec<Job> {
    let mut jobs = jobs(results, precisions.len() as u64);
    for (job, &precision) in jobs.iter_mut().zip(precisions) {
        job.question.configuration.train.precision = precision;
        job.id = job.question.job_id();
        job.execution.folder = results.join("jobs").join(&job.id.0);
    }
    jobs
}

/// A launcher whose first slot has f32 only.
fn mixed() -> FakeLauncher {
    let launcher = FakeLauncher::new(2, finish);
    let own_kernels = Precisions::of(DeviceName::CPU, WorkerKind::Flex, None);
    launcher.with_precisions(0, own_kernels)
}

#[test]
fn jobs_are_given_to_slots_that_can_compute_them() {
    let dir = tempfile::tempdir().unwrap();
    let run = mixed().run(jobs_in(dir.path(), &[BF16, BF16, F32, BF16, F32]));
    assert_eq!(run.summary.successful(), 5);
    let starts: Vec<_> = run
        .story()
        .into_iter()
        .filter(|s| s.contains(" on "))
        .collect();
    assert_eq!(
        starts,
        ["2.1 on 0", "0.1 on 1", "4.1 on 0", "1.1 on 1", "3.1 on 1"]
    );
}

#[test]
fn a_run_ends_when_no_slot_is_left_that_can_compute_its_jobs() {
    let dir = tempfile::tempdir().unwrap();
    let run = mixed()
        .refusing(|slot| slot == 1)
        .run(jobs_in(dir.path(), &[BF16, F32]));
    assert_eq!(run.summary.successful(), 1);
    assert_eq!(run.summary.remaining.len(), 1);
    let error = run.summary.error.expect("an error").to_string();
    let expect = "no slot is left to train on, 1 jobs were not trained: no such program";
    assert!(error.starts_with(expect), "{error}");
}

#[test]
fn a_worker_on_a_gpu_is_replaced_where_tf32_is_asked_for_or_no_longer() {
    let dir = tempfile::tempdir().unwrap();
    let launcher = FakeLauncher::new(1, finish);
    let run = launcher.run(jobs_in(dir.path(), &[F32, BF16, TF32, TF32, BF16]));
    assert_eq!(run.summary.successful(), 5);
    assert_eq!(*launcher.precisions.borrow(), [F32, TF32, BF16]);
    let attempts = |event: &&RunEvent| matches!(event, RunEvent::AttemptStarted { .. });
    assert_eq!(run.events.iter().filter(attempts).count(), 5);
    assert!(run.summary.error.is_none());
}
