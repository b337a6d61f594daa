//! An attempt under way: its images, its training state, and what both tasks do with them.

use crate::attempt::{Attempt, Directive};
use crate::batches::BatchMaker;
use crate::checkpoint;
use crate::error::{End, TrainError};
use crate::features::{FeatureCache, FeatureImages};
use crate::files::{self, Replaced};
use crate::initial_state::{StartingState, starting_state};
use crate::job_data::JobData;
use crate::measurements::Measurements;
use crate::process::host;
use crate::training_state::TrainingState;
use convsweep_nn::{Gradients, Scalar};
use convsweep_spec::canonical::hash_of;
use convsweep_spec::event::Event;
use convsweep_spec::job::{CheckpointEvery, Job};
use convsweep_spec::layout;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::train::TrainSpec;
use std::sync::Arc;
use std::time::Instant;

/// An attempt under way.
pub(crate) struct Session<'a> {
    pub attempt: Attempt<'a>,
    pub data: Arc<JobData>,
    pub state: TrainingState,
    pub batches: BatchMaker,
    pub measurements: Measurements,
    /// What frozen layers make of the images.
    pub features: FeatureCache,
    /// Whether the newest checkpoint is one that this attempt has read or written, so that it can be
    /// trusted.
    pub checkpoint_is_whole: bool,
    /// The newest epoch that this attempt reported and has not waited after.
    pub unjudged_epoch: Option<u32>,
    /// When the last checkpoint was written, or the attempt began.
    last_checkpoint: Instant,
}

impl<'a> Session<'a> {
    /// Opens the images, finds the state to continue from, and reports `Started` and the metrics
    /// that the job's log does not have yet.
    pub(crate) fn begin(mut attempt: Attempt<'a>) -> Result<Session<'a>, End> {
        let job = attempt.job;
        let data = Arc::new(JobData::open(job)?);
        let StartingState {
            state,
            start,
            checkpoint_is_whole,
            warnings,
        } = starting_state(&attempt, &data)?;
        attempt.report(Event::Started {
            pid: std::process::id(),
            host: host(),
            device: job.execution.device,
            fingerprint: attempt.fingerprint.clone(),
            from: start,
            normalization: Some(data.batcher.normalization().clone()),
        })?;
        attempt.failpoints.hit("started");
        for text in warnings.into_iter().chain(data.warning()) {
            attempt.report(Event::Warning { text })?;
        }
        let mut session = Session {
            batches: BatchMaker::new(&data, job.question.seed, attempt.device),
            measurements: Measurements::new(attempt.device),
            attempt,
            data,
            state,
            features: FeatureCache::default(),
            checkpoint_is_whole,
            unjudged_epoch: None,
            last_checkpoint: Instant::now(),
        };
        session.report_unlogged_epochs()?;
        Ok(session)
    }

    /// Reports the epochs that another job trained, and those that this job's log has lost since
    /// they were trained.
    fn report_unlogged_epochs(&mut self) -> Result<(), TrainError> {
        for metrics in &self.state.position.history {
            if self.attempt.logged_metrics.contains_key(&metrics.epoch) {
                continue;
            }
            self.attempt.report(metrics.clone().into())?;
            self.unjudged_epoch = Some(metrics.epoch);
        }
        Ok(())
    }

    /// Waits until the epoch that was reported last is judged, if the job asks for that.
    pub(crate) fn await_verdict(&mut self) {
        let first = self.job().execution.asks_from;
        let unjudged = self.unjudged_epoch.take();
        if let (Some(first), Some(epoch)) = (first, unjudged)
            && epoch >= first
        {
            (self.attempt.wait_for_verdict)(epoch);
        }
    }

    pub(crate) fn job(&self) -> &'a Job {
        self.attempt.job
    }

    /// The job's resolved `[train]`.
    pub(crate) fn training(&self) -> &'a TrainSpec {
        &self.attempt.job.question.configuration.train
    }

    /// Ends the attempt if it is told to end, after a checkpoint if the job will continue later.
    pub(crate) fn obey_directive(&mut self) -> Result<(), End> {
        match (self.attempt.directive)() {
            Directive::Continue => Ok(()),
            Directive::Abandon => Err(End::Abandoned),
            Directive::Stop => {
                self.checkpoint()?;
                Err(End::Outcome(Outcome::Cancelled))
            }
        }
    }

    /// Ends the attempt if it was to train no further than the completed epochs.
    pub(crate) fn pause_if_due(&self) -> Result<(), End> {
        match self.job().execution.until {
            Some(until) if until <= self.state.position.epoch => {
                Err(End::Outcome(Outcome::Cancelled))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Within an epoch: a checkpoint where they are asked for by time and one is due.
    pub(crate) fn checkpoint_after_step(&mut self) -> Result<(), End> {
        match self.job().execution.checkpoint_every {
            CheckpointEvery::Seconds(seconds) if self.seconds_since_checkpoint() >= seconds => {
                self.checkpoint()
            }
            CheckpointEvery::Seconds(_) | CheckpointEvery::Epochs(_) => Ok(()),
        }
    }

    /// At the end of an epoch: a checkpoint if one is due, or if training pauses, or if a phase or
    /// (`is_last`) the job ends here.
    pub(crate) fn checkpoint_after_epoch(&mut self, is_last: bool) -> Result<(), End> {
        let epoch = self.state.position.epoch;
        let is_due = match self.job().execution.checkpoint_every {
            CheckpointEvery::Epochs(every) => epoch.is_multiple_of(every.max(1)),
            CheckpointEvery::Seconds(seconds) => self.seconds_since_checkpoint() >= seconds,
        };
        let pauses = self.job().execution.until == Some(epoch);
        let phase_ends = self.training().phase_ends().contains(&epoch);
        if is_due || pauses || phase_ends || is_last {
            return self.checkpoint();
        }
        Ok(())
    }

    fn seconds_since_checkpoint(&self) -> f64 {
        self.last_checkpoint.elapsed().as_secs_f64()
    }

    /// Saves the state: the next attempt continues from it.
    ///
    /// # Errors
    /// If it cannot be saved, or a step that had not been read shows that training has diverged.
    pub(crate) fn checkpoint(&mut self) -> Result<(), End> {
        self.read_measurements()?;
        let job = self.job();
        let folder = job.execution.folder.join(layout::CHECKPOINT);
        let failpoints = self.attempt.failpoints;
        let keeps_previous = self.checkpoint_is_whole;
        (self.attempt.folder_is_there)().map_err(TrainError::from)?;
        let written = self
            .state
            .save(&job.question, &folder, keeps_previous, failpoints)?;
        self.checkpoint_is_whole = true;
        self.last_checkpoint = Instant::now();
        failpoints.hit("checkpoint-renamed");
        let (epoch, step) = (self.state.position.epoch, self.state.position.step);
        self.attempt.report(Event::Checkpoint {
            epoch,
            step,
            bytes: written.bytes,
            blake3: Some(written.blake3),
        })?;
        Ok(())
    }

    /// Notes what the current step has measured, and reads it when it is time.
    ///
    /// # Errors
    /// If training has diverged.
    pub(crate) fn note_measurements(
        &mut self,
        gradients: &Gradients,
        norm: &Scalar,
        learning_rate: f64,
        images: usize,
    ) -> Result<(), End> {
        let position = &mut self.state.position;
        self.measurements
            .note(position, gradients, norm, learning_rate, images)
    }

    /// Reads what the steps have measured, for which it waits for the device.
    ///
    /// # Errors
    /// If training has diverged.
    pub(crate) fn read_measurements(&mut self) -> Result<(), End> {
        self.measurements.read(&mut self.state.position)
    }

    /// Removes the checkpoint before the newest one: the job is done and will not go back.
    pub(crate) fn remove_previous_checkpoint(&self) -> Result<(), TrainError> {
        let folder = self.job().execution.folder.join(layout::CHECKPOINT);
        files::remove_if_there(&checkpoint::previous(&folder))
    }

    /// Takes what frozen layers make of these images from the data cache, if it is there.
    pub(crate) fn open_features(&mut self, images: FeatureImages) -> Result<(), TrainError> {
        let job = (self.attempt.job, &*self.data);
        let network = &self.state.network;
        self.features.open(network, job, images)?;
        self.report_features()
    }

    /// Puts what frozen layers make of these images into the data cache, once all of it is kept.
    pub(crate) fn share_features(&mut self, images: FeatureImages) -> Result<(), TrainError> {
        self.features.share(self.attempt.job, &self.data, images);
        self.report_features()
    }

    fn report_features(&mut self) -> Result<(), TrainError> {
        for text in self.features.take_warnings() {
            self.attempt.report(Event::Warning { text })?;
        }
        Ok(())
    }

    /// Writes the file `name` into the job's folder and reports it as an artifact of this kind.
    /// Passes the failpoint `kind` between the two.
    pub(crate) fn write_artifact(
        &mut self,
        kind: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), TrainError> {
        let path = self.job().execution.folder.join(name);
        (self.attempt.folder_is_there)()?;
        files::write(&path, bytes, &Replaced::Removed, None)?;
        self.attempt.failpoints.hit(kind);
        self.attempt.report(Event::Artifact {
            kind: kind.into(),
            path: name.into(),
            bytes: bytes.len() as u64,
            blake3: Some(hash_of(bytes)),
        })
    }
}
