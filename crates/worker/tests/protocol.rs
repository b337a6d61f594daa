//! The worker's events and files, and how it reacts to commands and to the end of its parent.

mod common;

use common::*;
use convsweep_spec::command::{Command, MISCONFIGURED};
use convsweep_spec::device::{DeviceName, WorkerDevice};
use convsweep_spec::event::{Event, Part};
use convsweep_spec::id::JobId;
use convsweep_spec::metric;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::shape::{Shape, summarize};
use convsweep_spec::train::Optimizer;
use safetensors::{Dtype, SafeTensors};
use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::tempdir;

fn failure(events: &[Event]) -> &str {
    match outcome(events) {
        Some(Outcome::Failed { message }) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_finished_job_has_events_and_files() {
    let results = tempdir().expect("temporary");
    let job = job(results.path(), &[(2, adam(3e-3))]);
    let events = run(&job, None);
    let kinds: Vec<String> = events
        .iter()
        .filter(|e| !e.is_passing())
        .map(|e| {
            serde_json::to_value(e).expect("serialises")["event"]
                .as_str()
                .expect("named")
                .to_string()
        })
        .collect();
    let expected = "started metrics checkpoint metrics checkpoint state-saved \
                    artifact artifact artifact evaluated evaluated ended";
    assert_eq!(kinds.join(" "), expected);
    let logged: Vec<Event> = log(&job).into_iter().map(|e| e.event).collect();
    let said: Vec<Event> = events.iter().filter(|e| !e.is_passing()).cloned().collect();
    assert_eq!(logged, said);
    let Event::Metrics { values, step, .. } = &said[1] else {
        panic!("{:?}", said[1])
    };
    assert!(
        metric::ALL.iter().all(|name| values.contains_key(*name)),
        "{values:?}"
    );
    assert_eq!(
        *step, 13,
        "205 images in batches of 16, the last one smaller"
    );
    let Some(Event::Ended {
        seconds,
        peak_memory_bytes,
        ..
    }) = said.last()
    else {
        panic!("no end")
    };
    assert!(*seconds > 0.0 && *peak_memory_bytes > 1 << 20);

    let bytes = fs::read(job.execution.folder.join("model.safetensors")).expect("has weights");
    let weights = SafeTensors::deserialize(&bytes).expect("whole");
    let trained: usize = weights
        .iter()
        .filter(|(n, _)| !n.contains("running"))
        .map(|(_, v)| v.data().len() / 4)
        .sum();
    let summary = summarize(
        &model(),
        Shape::Image {
            channels: 3,
            height: 16,
            width: 16,
        },
        4,
    )
    .expect("fits");
    assert_eq!(trained as u64, summary.parameters);
    assert_eq!(
        weights.tensor("conv1.weight").expect("is there").shape(),
        [6, 3, 3, 3]
    );
}

#[test]
fn predictions_agree_with_the_evaluation() {
    let results = tempdir().expect("temporary");
    let job = job(results.path(), &[(1, adam(3e-3))]);
    let events = run(&job, None);
    let bytes =
        fs::read(job.execution.folder.join("predictions.safetensors")).expect("has predictions");
    let file = SafeTensors::deserialize(&bytes).expect("whole");
    for (part, images) in [(Part::Validation, 51), (Part::Test, 70)] {
        let found = events.iter().find_map(|e| match e {
            Event::Evaluated(evaluation) if evaluation.part == part => Some(evaluation),
            _ => None,
        });
        let evaluation = found.expect("evaluated");
        assert_eq!(evaluation.images, images);
        let tensor = |name: &str| {
            file.tensor(&format!("{}.{name}", part.name()))
                .expect("is there")
        };
        let shorts = |name: &str| -> Vec<u16> {
            assert_eq!(tensor(name).dtype(), Dtype::U16);
            tensor(name)
                .data()
                .as_chunks()
                .0
                .iter()
                .map(|b| u16::from_le_bytes(*b))
                .collect()
        };
        let (labels, predicted) = (shorts("label"), shorts("predicted"));
        let correct: Vec<bool> = labels.iter().zip(&predicted).map(|(a, b)| a == b).collect();
        assert_eq!(
            convsweep_spec::event::Evaluation::pack(&correct),
            evaluation.correct
        );
        let share = correct.iter().filter(|&&c| c).count() as f64 / f64::from(images);
        assert_eq!(share, evaluation.accuracy.0);
        let probabilities: Vec<f32> = tensor("probability")
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect();
        let loss: f64 = probabilities
            .chunks(4)
            .zip(&labels)
            .map(|(p, &l)| -f64::from(p[usize::from(l)]).ln() / f64::from(images))
            .sum();
        assert!(
            (loss - evaluation.loss.0).abs() < 1e-4,
            "{loss} {:?}",
            evaluation.loss
        );
        assert_eq!(tensor("index").shape(), [images as usize]);
    }
    let Some(Event::Metrics { values, .. }) =
        events.iter().find(|e| matches!(e, Event::Metrics { .. }))
    else {
        panic!("no metrics");
    };
    let validated = events.iter().find_map(|e| match e {
        Event::Evaluated(evaluation) if evaluation.part == Part::Validation => {
            Some(evaluation.loss)
        }
        _ => None,
    });
    assert_eq!(
        values.get(metric::VAL_LOSS).copied(),
        validated,
        "the trained network is the last epoch's"
    );
    let thumbnails = file.tensor("test.thumbnails").expect("is there");
    assert_eq!(
        (thumbnails.dtype(), &thumbnails.shape()[1..]),
        (Dtype::U8, &[3, 16, 16][..])
    );
    assert!(thumbnails.shape()[0] > 24 && file.tensor("validation.thumbnails").is_err());
}

#[test]
fn memorizes_a_small_set() {
    let results = tempdir().expect("temporary");
    let mut question = job(results.path(), &[(25, adam(1e-2))]).question;
    question.configuration.data.limit = Some(64);
    question.configuration.augment.steps.clear();
    question
        .configuration
        .model
        .layers
        .retain(|l| l.kind() != "dropout");
    let events = run(&finish(question, results.path()), None);
    let reached = events.iter().rev().find_map(|e| match e {
        Event::Metrics { values, .. } => values.get(metric::TRAIN_ACCURACY),
        _ => None,
    });
    assert!(reached.expect("trained").0 > 0.95, "{reached:?}");
}

#[test]
fn a_loss_that_is_not_finite_is_divergence() {
    let results = tempdir().expect("temporary");
    let wild = Optimizer::sgd(1e30, 0.0);
    let events = run(&job(results.path(), &[(1, wild)]), None);
    assert!(
        matches!(
            outcome(&events),
            Some(Outcome::Diverged {
                epoch: 0,
                step: 1..=3,
                learning_rate: 1e30,
                ..
            })
        ),
        "{:?}",
        outcome(&events)
    );
}

#[test]
fn an_exploding_loss_is_divergence_while_it_is_finite() {
    let results = tempdir().expect("temporary");
    let events = run(&job(results.path(), &[(2, Optimizer::sgd(1e6, 0.0))]), None);
    let Some(
        ended @ Outcome::Diverged {
            loss: Some(loss),
            learning_rate: 1e6,
            ..
        },
    ) = outcome(&events)
    else {
        panic!("{:?}", outcome(&events));
    };
    assert!(*loss > 1e4 && loss.is_finite());
    assert!(
        ended.detail().contains("step") && ended.detail().ends_with("at learning rate 1e6"),
        "{}",
        ended.detail()
    );
}

#[test]
fn jobs_that_cannot_be_trained_fail_with_a_reason() {
    let results = tempdir().expect("temporary");
    let good = job(results.path(), &[(1, adam(3e-3))]);
    let mut worker = Worker::start(None);
    worker.line("this is not a command");
    let mut check = |change: &dyn Fn(&mut convsweep_spec::job::Job), words: &str| {
        let mut job = good.clone();
        change(&mut job);
        worker.train(&job);
        let events = worker.events();
        assert!(
            failure(&events).contains(words),
            "{} does not say {words:?}",
            failure(&events)
        );
    };
    check(
        &|job| job.execution.device = DeviceName::cuda(7),
        "no device \"cuda:7\" here: this worker (flex) has cpu",
    );
    check(
        &|job| job.execution.folder = "/proc/nowhere".into(),
        "cannot create /proc/nowhere",
    );
    // The attempt above was logged, so its number cannot be used again.
    check(&|_| (), "already has attempt 1");
    check(
        &|job| {
            job.question.data_hash = "other".into();
            job.id = job.question.job_id();
            job.execution.folder.set_file_name(&job.id.0);
        },
        "the job was planned for other",
    );
    // The same process can still train.
    let mut second = good.clone();
    second.execution.attempt = 2;
    worker.train(&second);
    assert_eq!(outcome(&worker.events()), Some(&Outcome::Finished));
}

#[test]
fn a_worker_of_another_version_refuses_all_jobs_at_once() {
    let results = tempdir().expect("temporary");
    let good = job(results.path(), &[(1, adam(3e-3))]);
    let check = |change: &dyn Fn(&mut convsweep_spec::job::Job), words: &str| {
        let mut job = good.clone();
        change(&mut job);
        let mut command = std::process::Command::new(WORKER);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut worker = command.stderr(Stdio::piped()).spawn().expect("starts");
        let order = Command::Train(Box::new(job));
        let line = serde_json::to_string(&order).expect("serialises");
        // Its input stays open: it does not end for want of orders.
        let mut stdin = worker.stdin.take().expect("piped");
        writeln!(stdin, "{line}").expect("listens");
        let output = worker.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(i32::from(MISCONFIGURED)));
        assert!(output.stdout.is_empty());
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains(words), "{stderr}");
        assert!(stderr.contains("from one revision"), "{stderr}");
    };
    check(&|job| job.format = 99, "format 99");
    let other = |job: &mut convsweep_spec::job::Job| job.id = JobId("0123456789abcdef".into());
    check(&other, "hashes to");
}

#[test]
fn a_job_is_locked_by_one_worker_at_a_time() {
    let results = tempdir().expect("temporary");
    let job = job(results.path(), &[(1, adam(3e-3))]);
    fs::create_dir_all(&job.execution.folder).expect("creates");
    let held = fs::File::create(job.execution.folder.join(".lock")).expect("creates");
    held.lock().expect("locks");
    let mut worker = Worker::start(None);
    worker.train(&job);
    std::thread::sleep(Duration::from_millis(200));
    assert!(!job.execution.folder.join("events.jsonl").exists());
    drop(held);
    assert_eq!(outcome(&worker.events()), Some(&Outcome::Finished));
}

#[test]
fn ends_when_its_standard_input_closes() {
    let results = tempdir().expect("temporary");
    let job = job(results.path(), &[(500, adam(3e-3))]);
    let mut worker = Worker::start(None);
    worker.train(&job);
    assert!(worker.next().is_some());
    drop(worker.stdin.take());
    let since = Instant::now();
    assert_eq!(
        worker
            .events()
            .iter()
            .filter(|e| matches!(e, Event::Ended { .. }))
            .count(),
        0
    );
    worker.child.wait().expect("ends");
    assert!(
        since.elapsed() < Duration::from_secs(2),
        "{:?}",
        since.elapsed()
    );
    assert!(
        log(&job)
            .iter()
            .all(|e| !matches!(e.event, Event::Ended { .. }))
    );
}

#[test]
fn prints_its_devices_and_version() {
    let say = |argument| {
        std::process::Command::new(WORKER)
            .arg(argument)
            .output()
            .expect("runs")
    };
    let devices: Vec<WorkerDevice> =
        serde_json::from_slice(&say("--devices").stdout).expect("JSON");
    let [device] = &devices[..] else {
        panic!("{devices:?}")
    };
    let expect = WorkerDevice {
        name: DeviceName::CPU,
        kind: "cpu".into(),
        backend: "flex".into(),
        version: "0.1.0".into(),
        ..device.clone()
    };
    assert_eq!(*device, expect);
    assert!(!device.revision.is_empty() && !device.instructions.is_empty());
    assert!(
        String::from_utf8_lossy(&say("--version").stdout)
            .starts_with("convsweep-worker 0.1.0 (flex, ")
    );
    assert_eq!(say("--nonsense").status.code(), Some(2));
}
