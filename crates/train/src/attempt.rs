//! One attempt at a job, from its start to its outcome.

use crate::TrainError;
use crate::checkpoint;
use crate::error::End;
use crate::failpoint::Failpoints;
use crate::files;
use crate::predictions;
use crate::process::host;
use crate::state::{Beginning, State, weights};
use convsweep_data::{Batcher, ImageSet, Location, Subset, Subsets, open, split};
use convsweep_nn::Device;
use convsweep_nn::loss::Objective;
use convsweep_spec::event::{Event, Fingerprint};
use convsweep_spec::job::{CheckpointEvery, Job};
use convsweep_spec::layout;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::range::{self, RangeResult};
use convsweep_spec::shape::Shape;
use convsweep_spec::task::RangeTest;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Instant;

/// What an attempt is asked before each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Go on.
    GoOn,
    /// Write a checkpoint and end with [`Outcome::Cancelled`].
    Stop,
    /// Nobody waits for the result any more: end at once.
    Abandon,
}

/// What an attempt needs of its surroundings.
pub struct Attempt<'a> {
    /// The job and the circumstances of the attempt.
    pub job: &'a Job,
    /// What decides the last bits here.
    pub fingerprint: &'a Fingerprint,
    /// Where tensors live.
    pub device: &'a Device,
    /// Where a test may kill the process.
    pub failpoints: &'a Failpoints,
    /// Epochs whose metrics the job's log has.
    pub logged: &'a BTreeSet<u32>,
    /// Takes every event but `Ended`.
    pub report: &'a mut dyn FnMut(Event) -> std::io::Result<()>,
    /// Asked before each step.
    pub asked: &'a dyn Fn() -> Asked,
}

/// The images of a job.
pub(crate) struct Images {
    pub set: ImageSet,
    pub parts: Subsets,
    pub batcher: Batcher,
    pub objective: Objective,
}

/// An attempt under way.
pub(crate) struct Session<'a> {
    pub attempt: Attempt<'a>,
    pub images: Images,
    pub state: State,
    /// When the last checkpoint was written, or the attempt began.
    pub saved: Instant,
}

/// Trains the job as far as it is not yet trained, evaluates it and leaves its files; `None` if it
/// was abandoned.
///
/// Begins at the job's own checkpoint, else at the saved state that the job names, else at the
/// initial weights, and reaches the same bits from each.
///
/// # Errors
/// If the images, a file or the network cannot be used; the attempt has then failed.
pub fn train(attempt: Attempt) -> Result<Option<Outcome>, TrainError> {
    match begin(attempt).and_then(Session::run) {
        Ok(()) => Ok(Some(Outcome::Finished)),
        Err(End::Outcome(outcome)) => Ok(Some(outcome)),
        Err(End::Abandoned) => Ok(None),
        Err(End::Error(error)) => Err(error),
    }
}

fn begin(mut attempt: Attempt) -> Result<Session, End> {
    let job = attempt.job;
    let images = Images::open(job)?;
    let [channels, height, width] = images.set.train().shape().map(|n| n as u32);
    let classes = images.set.facts().classes.len() as u32;
    let shape = Shape::Image {
        channels,
        height,
        width,
    };
    let Beginning {
        state,
        start,
        warnings,
    } = State::begin(job, attempt.fingerprint, shape, classes, attempt.device)?;
    attempt.say(Event::Started {
        pid: std::process::id(),
        host: host(),
        device: job.execution.device,
        fingerprint: attempt.fingerprint.clone(),
        from: start,
    })?;
    attempt.failpoints.hit("started");
    for text in warnings.into_iter().chain(images.warning()) {
        attempt.say(Event::Warning { text })?;
    }
    // What another job trained, and what the log of this one has lost since.
    for m in state
        .position
        .history
        .iter()
        .filter(|m| !attempt.logged.contains(&m.epoch))
        .cloned()
    {
        attempt.say(Event::Metrics {
            phase: m.phase,
            epoch: m.epoch,
            step: m.step,
            values: m.values,
        })?;
    }
    Ok(Session {
        attempt,
        images,
        state,
        saved: Instant::now(),
    })
}

impl Attempt<'_> {
    pub(crate) fn say(&mut self, event: Event) -> Result<(), TrainError> {
        (self.report)(event).map_err(TrainError::Report)
    }
}

impl Images {
    fn open(job: &Job) -> Result<Images, TrainError> {
        let (question, execution) = (&job.question, &job.execution);
        let spec = &question.configuration.data;
        let set = open(
            Location {
                cache: &execution.data_cache,
                path: execution.data_path.as_deref(),
            },
            spec,
        )?;
        if set.facts().hash != question.data_hash {
            let (expected, found) = (question.data_hash.clone(), set.facts().hash.clone());
            return Err(TrainError::OtherData { expected, found });
        }
        let parts = split(&set, spec, question.fold)?;
        let batcher = Batcher::new(&set, &question.configuration.augment, &parts)?;
        let mut labels = Vec::new();
        batcher.labels(Subset::Training, &parts.train, &mut labels);
        let loss = &question.configuration.train.loss;
        let objective = Objective::new(loss, set.facts().classes.len(), &labels);
        Ok(Images {
            set,
            parts,
            batcher,
            objective,
        })
    }

    fn warning(&self) -> Option<String> {
        let skipped = self.set.skipped();
        let first = skipped.first()?;
        Some(format!(
            "{} damaged images were left out, the first is {first}",
            skipped.len()
        ))
    }

    /// `[images, channels, height, width]` of a batch.
    pub(crate) fn batch_shape(&self, images: usize) -> [usize; 4] {
        let [channels, height, width] = self.set.train().shape();
        [images, channels, height, width]
    }
}

impl Session<'_> {
    fn run(mut self) -> Result<(), End> {
        let epochs = self.attempt.job.question.configuration.train.epochs();
        self.keep_state()?;
        while self.state.position.epoch < epochs && !self.is_stopped() {
            if self
                .attempt
                .job
                .execution
                .until
                .is_some_and(|until| until <= self.state.position.epoch)
            {
                return Err(End::Outcome(Outcome::Cancelled));
            }
            self.epoch()?;
            self.checkpoint_of_epoch(epochs)?;
            self.keep_state()?;
        }
        if self.range_test().is_some() {
            return Ok(self.write_range()?);
        }
        if self.is_stopped() && self.state.position.epoch < epochs {
            let text = format!(
                "stopped early after epoch {} of {epochs}",
                self.state.position.epoch
            );
            self.attempt.say(Event::Warning { text })?;
        }
        self.write_model()?;
        self.write_kernels()?;
        predictions::evaluate(&mut self)
    }

    fn range_test(&self) -> Option<RangeTest> {
        self.attempt.job.question.configuration.task.range_test()
    }

    /// Whether early stopping, or the end of a range test, ends training here.
    pub(crate) fn is_stopped(&self) -> bool {
        let train = &self.attempt.job.question.configuration.train;
        if let Some(test) = self.range_test() {
            let points = &self.state.position.range;
            return points.len() >= test.steps as usize || range::is_over(points);
        }
        let rule = &train.early_stopping;
        rule.as_ref()
            .is_some_and(|rule| rule.is_due(self.state.values(&rule.metric.name)))
    }

    /// At the end of an epoch: a checkpoint if it is time for one, or if training pauses or a phase
    /// ends here.
    fn checkpoint_of_epoch(&mut self, epochs: u32) -> Result<(), TrainError> {
        let job = self.attempt.job;
        let epoch = self.state.position.epoch;
        let due = match job.execution.checkpoint_every {
            CheckpointEvery::Epochs(every) => epoch.is_multiple_of(every.max(1)),
            CheckpointEvery::Seconds(seconds) => self.saved.elapsed().as_secs_f64() >= seconds,
        };
        let ends = epoch == epochs
            || self.is_stopped()
            || job
                .question
                .configuration
                .train
                .phase_ends()
                .contains(&epoch);
        if due || ends || job.execution.until == Some(epoch) {
            self.checkpoint()
        } else {
            Ok(())
        }
    }

    /// Within an epoch: a checkpoint where they are asked for by time and it is time for one.
    pub(crate) fn checkpoint_of_step(&mut self) -> Result<(), TrainError> {
        match self.attempt.job.execution.checkpoint_every {
            CheckpointEvery::Seconds(seconds) if self.saved.elapsed().as_secs_f64() >= seconds => {
                self.checkpoint()
            }
            _ => Ok(()),
        }
    }

    /// Makes the state safe: the attempt after this one goes on from here.
    pub(crate) fn checkpoint(&mut self) -> Result<(), TrainError> {
        let Attempt {
            job, failpoints, ..
        } = self.attempt;
        let folder = job.execution.folder.join(layout::CHECKPOINT);
        let bytes = self.state.save(&job.question, &folder, failpoints)?;
        self.saved = Instant::now();
        failpoints.hit("checkpoint-renamed");
        let (epoch, step) = (self.state.position.epoch, self.state.position.step);
        self.attempt.say(Event::Checkpoint { epoch, step, bytes })
    }

    /// At the end of a phase: keeps the state for later jobs, unless it is there already, and says
    /// so.
    fn keep_state(&mut self) -> Result<(), TrainError> {
        let Attempt {
            job, failpoints, ..
        } = self.attempt;
        let (epoch, step) = (self.state.position.epoch, self.state.position.step);
        let train = &job.question.configuration.train;
        let is_end = train.phase_ends().contains(&epoch) || self.is_stopped();
        if step != 0 || !is_end || self.range_test().is_some() {
            return Ok(());
        }
        let path = layout::state(epoch);
        let folder = job.execution.folder.join(&path);
        let key = job.question.state_key(epoch);
        let kept = checkpoint::load(&folder)
            .ok()
            .flatten()
            .filter(|saved| saved.position.key.as_ref() == Some(&key));
        let bytes = match kept {
            Some(saved) => saved.bytes,
            None => self.state.save(&job.question, &folder, failpoints)?,
        };
        failpoints.hit("state-saved");
        self.attempt.say(Event::StateSaved {
            epoch,
            key,
            path: path.to_string_lossy().into_owned(),
            bytes,
        })
    }

    /// Which kernel computed each layer, and why.
    fn write_kernels(&mut self) -> Result<(), TrainError> {
        let path = self.attempt.job.execution.folder.join(layout::KERNELS);
        let rows = self.state.network.kernel_choices().into_iter();
        let rows =
            rows.map(|c| json!({ "layer": c.layer, "kernel": c.kernel, "reason": c.reason }));
        let text = format!("{:#}\n", json!(rows.collect::<Vec<_>>()));
        files::write(&path, text.as_bytes(), None)?;
        let bytes = text.len() as u64;
        self.attempt.say(Event::Artifact {
            kind: "kernels".into(),
            path: layout::KERNELS.into(),
            bytes,
        })
    }

    /// What a range test found; there is nothing else to keep of it.
    fn write_range(&mut self) -> Result<(), TrainError> {
        let path = self.attempt.job.execution.folder.join(layout::RANGE);
        let found = RangeResult::new(&self.state.position.range);
        let text = format!("{:#}\n", json!(found));
        files::write(&path, text.as_bytes(), None)?;
        let bytes = text.len() as u64;
        self.attempt.say(Event::Artifact {
            kind: "range-test".into(),
            path: layout::RANGE.into(),
            bytes,
        })
    }

    fn write_model(&mut self) -> Result<(), TrainError> {
        let path = self.attempt.job.execution.folder.join(layout::MODEL);
        let bytes = checkpoint::encode(&weights(&self.state.kept()), None, &path)?;
        files::write(&path, &bytes, None)?;
        self.attempt.failpoints.hit("model");
        let bytes = bytes.len() as u64;
        self.attempt.say(Event::Artifact {
            kind: "model".into(),
            path: layout::MODEL.into(),
            bytes,
        })
    }
}
