//! A small job, the worker program, and the results that it leaves.

// No test program uses all of this.
#![allow(dead_code)]

use convsweep_data::{Location, facts};
use convsweep_spec::augment::{AugmentSpec, Fill, FlipAxis, Normalize, Step};
use convsweep_spec::command::Command;
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::{DataSpec, Shapes, Source, Split, SplitScheme};
use convsweep_spec::device::DeviceName;
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::job::{CheckpointEvery, Execution, Job, Question};
use convsweep_spec::metric::is_reproducible;
use convsweep_spec::model::*;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::task::Task;
use convsweep_spec::train::{Optimizer, Phase, Rule, TrainSpec};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

pub const WORKER: &str = env!("CARGO_BIN_EXE_convsweep-worker");

pub fn adam(lr: f64) -> Optimizer {
    Optimizer::adam(lr)
}

pub fn sgd(lr: f64) -> Optimizer {
    Optimizer::new(
        Rule::Sgd {
            momentum: 0.9,
            nesterov: true,
        },
        lr,
    )
    .with_decay(1e-4)
}

/// A model with everything that has a state or uses random numbers.
pub fn model() -> ModelSpec {
    let norm = Some(Norm::Batch {
        momentum: 0.1,
        epsilon: 1e-3,
    });
    let conv = |filters, norm| {
        Layer::Conv(Conv {
            filters,
            kernel: [3, 3],
            stride: [1, 1],
            padding: Padding::Same,
            dilation: [1, 1],
            groups: 1,
            bias: true,
            norm,
            activation: Some(Activation::Relu),
            init: Init::GlorotUniform,
        })
    };
    let pool = || {
        Layer::Pool(Pool {
            kind: PoolKind::Max,
            size: [2, 2],
            stride: [2, 2],
            padding: Padding::Valid,
        })
    };
    let dense = |units, activation| {
        Layer::Dense(Dense {
            units,
            bias: true,
            activation,
            init: Init::GlorotUniform,
        })
    };
    let layers = vec![
        conv(6, norm),
        pool(),
        conv(8, None),
        pool(),
        Layer::Flatten,
        Layer::Dropout { rate: 0.2 },
        dense(16, Some(Activation::Relu)),
        dense(4, None),
    ];
    ModelSpec { layers }
}

/// A job on drawn shapes with these phases: their numbers of epochs and optimizers.
pub fn job(results: &Path, phases: &[(u32, Optimizer)]) -> Job {
    let shapes = Shapes {
        train: 256,
        test: 70,
        size: 16,
        classes: 4,
        ..Shapes::default()
    };
    let phase = |(epochs, optimizer): &(u32, Optimizer)| Phase::new(*epochs, optimizer.clone());
    let data = DataSpec::new(
        Source::Shapes(shapes),
        Split::new(SplitScheme::Validation(0.2), 42),
    );
    let steps = vec![
        Step::Rotate {
            degrees: 15.0,
            fill: Fill::Zero,
            p: 1.0,
        },
        Step::Flip {
            axis: FlipAxis::Horizontal,
            p: 0.5,
        },
    ];
    let cache = results.join("cache");
    let data_hash = facts(Location::new(&cache, None), &data)
        .expect("shapes need nothing")
        .hash;
    let question = Question {
        configuration: Configuration {
            data,
            augment: AugmentSpec {
                normalize: Normalize::Standard,
                steps,
            },
            model: model(),
            train: TrainSpec::new(16, phases.iter().map(phase).collect()),
            task: Task::Train,
        },
        data_hash,
        seed: 3,
        fold: None,
    };
    finish(question, results)
}

/// The first attempt at the job of this question.
pub fn finish(question: Question, results: &Path) -> Job {
    let id = question.job_id();
    let execution = Execution {
        attempt: 1,
        device: DeviceName::CPU,
        threads: 1,
        folder: results.join("jobs").join(&id.0),
        data_cache: results.join("cache"),
        data_path: None,
        jobs_folder: None,
        image_limits: Default::default(),
        weights: None,
        start_from: None,
        checkpoint_every: CheckpointEvery::default(),
        until: None,
        asks_from: None,
    };
    Job {
        format: convsweep_spec::FORMAT,
        id,
        question,
        execution,
    }
}

/// A running worker.
pub struct Worker {
    pub child: Child,
    pub stdin: Option<ChildStdin>,
    pub stdout: BufReader<ChildStdout>,
}

impl Worker {
    pub fn start(failpoint: Option<&str>) -> Worker {
        Worker::start_with(failpoint, 1, &[])
    }

    /// A worker with these environment variables.
    pub fn start_in(failpoint: Option<&str>, environment: &[(&str, &str)]) -> Worker {
        Worker::start_with(failpoint, 1, environment)
    }

    /// A worker that dies at the failpoint in every attempt.
    pub fn start_to_die(failpoint: &str) -> Worker {
        Worker::start_with(Some(failpoint), u32::MAX, &[])
    }

    fn start_with(failpoint: Option<&str>, attempts: u32, environment: &[(&str, &str)]) -> Worker {
        let mut command = std::process::Command::new(WORKER);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .envs(environment.iter().copied());
        if let Some(failpoint) = failpoint {
            command.env("CONVSWEEP_FAILPOINT", failpoint);
            command.env("CONVSWEEP_FAILPOINT_ATTEMPTS", attempts.to_string());
        }
        let mut child = command.spawn().expect("starts");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        Worker {
            child,
            stdin,
            stdout,
        }
    }

    pub fn line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("open");
        writeln!(stdin, "{line}").expect("listens");
    }

    pub fn send(&mut self, command: &Command) {
        self.line(&serde_json::to_string(command).expect("serialises"));
    }

    pub fn train(&mut self, job: &Job) {
        self.send(&Command::Train(Box::new(job.clone())));
    }

    /// The next event; `None` once the worker is gone.
    pub fn next(&mut self) -> Option<Envelope> {
        let mut line = String::new();
        let read = self.stdout.read_line(&mut line).expect("reads");
        (read > 0).then(|| serde_json::from_str(&line).expect("an event"))
    }

    /// Events up to `Ended`, or up to the death of the worker.
    pub fn events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(envelope) = self.next() {
            let ended = matches!(envelope.event, Event::Ended { .. });
            events.push(envelope.event);
            if ended {
                break;
            }
        }
        events
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// Runs one job in a new worker.
pub fn run(job: &Job, failpoint: Option<&str>) -> Vec<Event> {
    let mut worker = Worker::start(failpoint);
    worker.train(job);
    worker.events()
}

pub fn outcome(events: &[Event]) -> Option<&Outcome> {
    match events.last() {
        Some(Event::Ended { outcome, .. }) => Some(outcome),
        _ => None,
    }
}

/// The results that must be equal to the bit, however a job was trained.
#[derive(Debug, PartialEq)]
pub struct Left {
    metrics: BTreeMap<u32, String>,
    evaluations: BTreeMap<String, String>,
    model: Vec<u8>,
    predictions: Vec<u8>,
    states: BTreeMap<String, Vec<(String, Vec<u8>)>>,
}

/// Reads the results from the job's folder.
pub fn left(job: &Job) -> Left {
    let folder = &job.execution.folder;
    let (mut metrics, mut evaluations) = (BTreeMap::new(), BTreeMap::new());
    for envelope in log(job) {
        match envelope.event {
            Event::Metrics {
                phase,
                epoch,
                step,
                mut values,
            } => {
                values.retain(|name, _| is_reproducible(name));
                let text = format!("{phase} {step} {values:?}");
                let earlier = metrics.insert(epoch, text.clone());
                assert!(
                    earlier.is_none_or(|e| e == text),
                    "an epoch that was trained twice had other metrics"
                );
            }
            Event::Evaluated(evaluation) => {
                evaluations.insert(
                    evaluation.part.name().to_string(),
                    format!("{evaluation:?}"),
                );
            }
            _ => {}
        }
    }
    let read = |name: &str| fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut states = BTreeMap::new();
    for entry in fs::read_dir(folder.join("states"))
        .expect("has states")
        .flatten()
    {
        let bytes = fs::read(entry.path().join("state.safetensors")).expect("whole");
        let tensors = safetensors::SafeTensors::deserialize(&bytes).expect("whole");
        let tensors = tensors
            .iter()
            .map(|(name, view)| (name.to_string(), view.data().to_vec()))
            .collect();
        states.insert(entry.file_name().to_string_lossy().into_owned(), tensors);
    }
    let states = states
        .into_iter()
        .map(|(name, mut tensors): (String, Vec<_>)| {
            tensors.sort();
            (name, tensors)
        });
    Left {
        metrics,
        evaluations,
        model: read("model.safetensors"),
        predictions: read("predictions.safetensors"),
        states: states.collect(),
    }
}

/// The job's log; every line of it must be an event.
pub fn log(job: &Job) -> Vec<Envelope> {
    let text = fs::read_to_string(job.execution.folder.join("events.jsonl")).expect("has a log");
    assert!(text.ends_with('\n'));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}
