//! However an attempt ends, the next one reaches the same bits.

mod common;

use common::*;
use convsweep_spec::augment::Step;
use convsweep_spec::command::Command;
use convsweep_spec::event::{Event, Start};
use convsweep_spec::job::{Job, SavedState};
use convsweep_spec::layout;
use convsweep_spec::metric::Metric;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::train::{
    Anneal, ClassWeights, Course, EarlyStopping, Group, Length, Loss, Optimizer, Rule, Schedule,
    Warmup,
};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;
use tempfile::tempdir;

fn phases() -> [(u32, convsweep_spec::train::Optimizer); 2] {
    [(1, adam(3e-3)), (1, adam(3e-4))]
}

/// Kills the first attempt at each failpoint and lets the second one finish.
fn check(failpoints: &[&str]) {
    check_job(&|results| job(results, &phases()), failpoints);
}

fn check_job(make: &dyn Fn(&Path) -> Job, failpoints: &[&str]) {
    let reference = tempdir().expect("temporary");
    let undisturbed = make(reference.path());
    assert_eq!(outcome(&run(&undisturbed, None)), Some(&Outcome::Finished));
    let expected = left(&undisturbed);
    for failpoint in failpoints {
        let results = tempdir().expect("temporary");
        let mut job = make(results.path());
        let mut worker = Worker::start(Some(failpoint));
        worker.train(&job);
        let events = worker.events();
        assert_eq!(outcome(&events), None, "{failpoint} did not kill");
        assert_eq!(
            worker.child.wait().expect("ends").signal(),
            Some(9),
            "{failpoint}"
        );
        job.execution.attempt = 2;
        assert_eq!(
            outcome(&run(&job, Some(failpoint))),
            Some(&Outcome::Finished),
            "{failpoint}"
        );
        assert_eq!(left(&job), expected, "{failpoint}");
        let log = log(&job);
        let second: Vec<u64> = log.iter().filter(|e| e.attempt == 2).map(|e| e.n).collect();
        assert_eq!(
            second,
            (0..second.len() as u64).collect::<Vec<_>>(),
            "{failpoint}"
        );
        assert!(
            log.iter().any(|e| e.attempt == 1) || failpoint.starts_with("event-torn:1"),
            "{failpoint}"
        );
    }
}

#[test]
fn results_do_not_depend_on_threads() {
    let of = |threads| {
        let results = tempdir().expect("temporary");
        let mut job = job(results.path(), &phases());
        job.execution.threads = threads;
        assert_eq!(outcome(&run(&job, None)), Some(&Outcome::Finished));
        left(&job)
    };
    assert_eq!(of(3), of(1));
}

#[test]
fn killed_while_training() {
    check(&["started", "step:1", "step:9", "step:20", "validation:2"]);
}

#[test]
fn killed_around_a_checkpoint() {
    check(&[
        "metrics",
        "metrics:2",
        "checkpoint-write",
        "checkpoint-write:2",
        "checkpoint-renamed",
        "checkpoint-renamed:2",
    ]);
}

#[test]
fn killed_around_states_and_evaluation() {
    check(&[
        "state-link",
        "state-link:2",
        "state-saved",
        "state-saved:2",
        "model",
        "evaluation:2",
        "predictions",
        "evaluated",
    ]);
}

#[test]
fn killed_with_everything_that_has_a_state() {
    let one_cycle = Course::OneCycle {
        epochs: 3,
        pct_start: 0.3,
        div_factor: 25.0,
        final_div_factor: 1e4,
        anneal: Anneal::Cosine,
    };
    let plateau = Course::Plateau {
        metric: Metric::natural("val_loss"),
        factor: 0.1,
        patience: 0,
        min_delta: 10.0,
        cooldown_epochs: 0,
        min_lr: 0.0,
    };
    let muon = Rule::Muon {
        momentum: 0.95,
        nesterov: true,
        iterations: 3,
        adam_lr: 1e-3,
    };
    for (course, optimizer) in [
        (one_cycle, Optimizer::new(muon, 0.02)),
        (plateau, sgd(0.05)),
    ] {
        let make = |results: &Path| {
            let mut question = job(results, &[(3, optimizer.clone())]).question;
            let train = &mut question.configuration.train;
            (train.accumulate, train.ema) = (3, Some(0.9));
            train.loss = Loss {
                label_smoothing: 0.1,
                focal: 1.0,
                class_weights: Some(ClassWeights::Balanced),
            };
            train.best = Some(Metric::natural("val_macro_f1"));
            train.tta_flip = true;
            train.phases[0].optimizer.clip_norm = Some(0.5);
            let warmup = Warmup {
                length: Length::Steps(2),
                from: 0.1,
            };
            train.phases[0].schedule = Schedule {
                course: course.clone(),
                warmup: Some(warmup),
            };
            let over_image = [
                Step::RandomResizedCrop {
                    min: 0.5,
                    max: 1.0,
                    ratio: 1.5,
                    p: 0.5,
                },
                Step::Hue { turns: 0.1, p: 0.5 },
                Step::Blur {
                    min: 0.5,
                    max: 1.0,
                    p: 0.5,
                },
                Step::Noise {
                    deviation: 0.02,
                    p: 1.0,
                },
                Step::Erase {
                    min: 0.1,
                    max: 0.2,
                    p: 0.5,
                },
            ];
            question.configuration.augment.steps.extend(over_image);
            let over_batch = [
                Step::Mixup { alpha: 0.4, p: 0.5 },
                Step::Cutmix { alpha: 1.0, p: 0.8 },
            ];
            question.configuration.augment.steps.extend(over_batch);
            finish(question, results)
        };
        check_job(
            &make,
            &[
                "step:2",
                "step:7",
                "validation:2",
                "checkpoint-renamed:2",
                "evaluation:1",
            ],
        );
    }
}

#[test]
fn frozen_layers_stay_as_they_are_and_survive_kills() {
    let make = |results: &Path| {
        let mut question = job(
            results,
            &[(1, adam(3e-3)), (1, adam(3e-3)), (1, adam(3e-4))],
        )
        .question;
        let train = &mut question.configuration.train;
        train.phases[1].freeze = vec!["backbone".into(), "!dense1".into()];
        let group = Group {
            layers: vec!["conv*".into()],
            lr_factor: 0.1,
            weight_decay: Some(1e-3),
        };
        train.phases[2].optimizer.groups = vec![group];
        finish(question, results)
    };
    let results = tempdir().expect("temporary");
    let whole = make(results.path());
    assert_eq!(outcome(&run(&whole, None)), Some(&Outcome::Finished));
    let state = |epoch: u32, name: &str| {
        let path = whole
            .execution
            .folder
            .join(format!("states/epoch-{epoch}/state.safetensors"));
        let bytes = fs::read(path).expect("kept");
        safetensors::SafeTensors::deserialize(&bytes)
            .expect("whole")
            .tensor(name)
            .expect(name)
            .data()
            .to_vec()
    };
    for name in ["conv1.weight", "conv1.norm.running_mean", "conv2.bias"] {
        assert_eq!(state(1, name), state(2, name), "{name}");
        assert_ne!(state(2, name), state(3, name), "{name}");
    }
    assert_ne!(state(1, "dense1.weight"), state(2, "dense1.weight"));
    assert!(
        state(2, "adam.moment1.conv1.weight")
            .iter()
            .all(|&byte| byte == 0),
        "the optimizer starts afresh"
    );
    check_job(
        &make,
        &[
            "step:15",
            "checkpoint-renamed:1",
            "checkpoint-renamed:3",
            "step:30",
            "evaluation:1",
        ],
    );
}

#[test]
fn early_stopping_restores_the_best_weights_and_survives_kills() {
    // The learning rate is so high that training leaves the optimum again: later epochs are worse
    // than the best one.
    let make = |results: &Path| {
        let mut question = job(results, &[(12, adam(3e-2))]).question;
        let metric = Metric::natural("val_loss");
        question.configuration.train.best = Some(metric.clone());
        question.configuration.train.early_stopping = Some(EarlyStopping {
            metric,
            patience: 2,
            min_delta: 0.0,
        });
        finish(question, results)
    };
    let results = tempdir().expect("temporary");
    let stopped = make(results.path());
    let events = run(&stopped, None);
    assert_eq!(outcome(&events), Some(&Outcome::Finished));
    let values = |name: &str| -> Vec<f64> {
        let of = |event: &Event| match event {
            Event::Metrics { values, .. } => Some(values[name].0),
            _ => None,
        };
        events.iter().filter_map(of).collect()
    };
    let losses = values("val_loss");
    let best = Metric::natural("val_loss")
        .best_of(losses.iter().copied())
        .expect("epochs");
    assert!(losses.len() < 12 && best + 3 == losses.len(), "{losses:?}");
    assert_eq!(values("best_epoch").last(), Some(&(best as f64 + 1.0)));
    let evaluated = events.iter().find_map(|event| match event {
        Event::Evaluated(evaluation) => Some(evaluation.loss.0),
        _ => None,
    });
    assert_eq!(
        evaluated,
        Some(losses[best]),
        "the weights that are evaluated are not the best"
    );
    let last = losses.len() as u32;
    assert!(
        events
            .iter()
            .any(|e| matches!(e, Event::StateSaved { epoch, .. } if *epoch == last))
    );
    let after_best = format!("step:{}", 13 * (best + 1) + 5);
    check_job(
        &make,
        &[
            after_best.as_str(),
            "validation:2",
            "state-saved",
            "evaluation:1",
        ],
    );
}

#[test]
fn killed_in_the_middle_of_a_line_of_the_log() {
    check(&["event-torn:1", "event-torn:3", "event-torn:9"]);
}

#[test]
fn an_epoch_missing_in_the_log_is_reported_from_the_checkpoint() {
    let whole = tempdir().expect("temporary");
    let undisturbed = job(whole.path(), &phases());
    assert_eq!(outcome(&run(&undisturbed, None)), Some(&Outcome::Finished));
    let results = tempdir().expect("temporary");
    let mut job = job(results.path(), &phases());
    assert_eq!(outcome(&run(&job, Some("checkpoint-renamed"))), None);
    let path = job.execution.folder.join(layout::EVENTS);
    let text = fs::read_to_string(&path).expect("a log");
    assert!(
        text.lines()
            .last()
            .is_some_and(|line| line.contains("\"metrics\"")),
        "{text}"
    );
    fs::write(&path, &text[..text.len() - 20]).expect("written");
    job.execution.attempt = 2;
    assert_eq!(outcome(&run(&job, None)), Some(&Outcome::Finished));
    assert!(log(&job).iter().any(|e| matches!(
        e.event,
        Event::Started {
            from: Start::Checkpoint { epoch: 1, .. },
            ..
        }
    )));
    assert_eq!(left(&job), left(&undisturbed));
}

#[test]
fn a_job_that_is_judged_waits_for_the_verdict_after_each_epoch() {
    let results = tempdir().expect("temporary");
    let mut job = job(results.path(), &[(4, adam(3e-3))]);
    job.execution.asks_from = Some(2);
    let stopped = Outcome::Stopped {
        reason: "it is worse".into(),
    };
    let mut worker = Worker::start(None);
    worker.train(&job);
    let mut epochs = vec![];
    let end = loop {
        match worker.next().expect("an event").event {
            Event::Metrics { epoch, .. } => epochs.push(epoch),
            Event::Ended { outcome, .. } => break outcome,
            _ => continue,
        }
        match epochs.last() {
            Some(2) => worker.send(&Command::Continue { epoch: 2 }),
            Some(3) => {
                // It would train on in this time.
                sleep(Duration::from_millis(300));
                let outcome = stopped.clone();
                worker.send(&Command::Stop { outcome });
            }
            _ => {}
        }
    };
    assert_eq!((epochs, end), (vec![1, 2, 3], stopped));
}

#[test]
fn stopped_several_times() {
    let small_steps = |results: &Path| {
        let mut question = job(results, &phases()).question;
        question.configuration.train.batch_size = 2;
        finish(question, results)
    };
    let reference = tempdir().expect("temporary");
    let undisturbed = small_steps(reference.path());
    run(&undisturbed, None);
    // On a loaded machine all stops may fall between epochs: then it is tried again.
    let within_an_epoch = (0..20).any(|_| {
        let results = tempdir().expect("temporary");
        let mut job = small_steps(results.path());
        let stops = stop_until_finished(&mut job);
        assert_eq!(left(&job), left(&undisturbed));
        stops > 0
    });
    assert!(within_an_epoch, "no stop fell within an epoch");
}

/// Cancels attempts at different moments until three of them were cancelled within an epoch, and
/// lets the next one finish. The number of those that were.
fn stop_until_finished(job: &mut Job) -> u32 {
    let mut within = 0;
    let mut worker = Worker::start(None);
    loop {
        worker.train(job);
        let started = worker.next().expect("an event");
        assert!(
            matches!(started.event, Event::Started { .. }),
            "{started:?}"
        );
        if within < 3 {
            let delay = 1 + 3 * (job.execution.attempt % 8);
            sleep(Duration::from_millis(delay.into()));
            worker.send(&Command::CANCEL);
        }
        let events = worker.events();
        if outcome(&events) == Some(&Outcome::Finished) {
            return within;
        }
        assert_eq!(outcome(&events), Some(&Outcome::Cancelled));
        let Some(Event::Checkpoint { step, .. }) = events
            .iter()
            .rfind(|e| matches!(e, Event::Checkpoint { .. }))
        else {
            panic!("cancelled without a checkpoint: {events:?}");
        };
        within += u32::from(*step > 0);
        job.execution.attempt += 1;
    }
}

#[test]
fn from_the_state_of_a_shorter_job_as_from_scratch() {
    // A further phase at a lower rate, which keeps the moments; one with another optimiser, which
    // starts afresh; more epochs of the same phase.
    for longer in [
        vec![(1, adam(3e-3)), (1, adam(3e-4))],
        vec![(1, adam(3e-3)), (1, sgd(1e-2))],
        vec![(2, adam(3e-3))],
    ] {
        let [scratch, results] = [tempdir().expect("temporary"), tempdir().expect("temporary")];
        let whole = job(scratch.path(), &longer);
        run(&whole, None);

        let short = job(results.path(), &[(1, adam(3e-3))]);
        let events = run(&short, None);
        let saved = events.iter().find_map(|event| match event {
            Event::StateSaved {
                epoch, key, path, ..
            } => Some((*epoch, key.clone(), path.clone())),
            _ => None,
        });
        let (epoch, key, path) = saved.expect("keeps its last state");
        let mut job = job(results.path(), &longer);
        assert_eq!(key, job.question.state_key(1));
        let path = short.execution.folder.join(path);
        job.execution.start_from = Some(SavedState {
            job: short.id.clone(),
            epoch,
            key,
            path,
        });
        let events = run(&job, None);
        let from = Start::State {
            job: short.id.clone(),
            epoch: 1,
            exact: true,
        };
        assert!(
            matches!(&events[0], Event::Started { from: f, .. } if *f == from),
            "{:?}",
            events[0]
        );
        assert_eq!(left(&job), left(&whole), "{longer:?}");
    }
}
