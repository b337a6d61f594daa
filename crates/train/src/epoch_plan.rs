//! Everything that is fixed during an epoch: its phase, the order of its images and its steps.

use crate::batches::{BatchesAhead, TrainingBatch, TrainingRows};
use crate::error::TrainError;
use crate::session::Session;
use convsweep_data::epoch_order;
use convsweep_spec::train::{Phase, TrainSpec};

/// The epoch that training has reached.
pub(crate) struct EpochPlan<'a> {
    /// Completed epochs before it.
    pub epoch: u32,
    /// Number of its phase, from 0.
    pub phase_index: usize,
    /// Completed epochs of the phase before it.
    pub epoch_of_phase: u32,
    pub phase: &'a Phase,
    training: &'a TrainSpec,
    /// Training images as rows of the set, in the epoch's order.
    order: Vec<u32>,
}

impl<'a> EpochPlan<'a> {
    /// Enters the epoch at the session's position, and its phase; `None` once all phases are done.
    pub(crate) fn enter(session: &mut Session<'a>) -> Option<EpochPlan<'a>> {
        let training = session.training();
        let epoch = session.state.position.epoch;
        let (phase_index, epoch_of_phase) = training.phase_of(epoch)?;
        session
            .state
            .enter_phase(&training.phases, phase_index, epoch_of_phase);
        keep_features(session);
        let rows = &session.data.subsets.train;
        let seed = session.job().question.seed;
        let order = epoch_order(seed, epoch, rows.len());
        Some(EpochPlan {
            epoch,
            phase_index,
            epoch_of_phase,
            phase: &training.phases[phase_index],
            training,
            order: order.into_iter().map(|i| rows[i as usize]).collect(),
        })
    }

    /// Number of optimiser steps.
    pub(crate) fn steps(&self) -> u32 {
        self.order.len().div_ceil(self.training.step_images()) as u32
    }

    /// The images of a step, from 0; `None` after the last one.
    pub(crate) fn rows(&self, step: u32) -> Option<&[u32]> {
        let mut steps = self.order.chunks(self.training.step_images());
        steps.nth(step as usize)
    }

    /// The batches of the steps that are left, as the job's device takes them.
    ///
    /// # Errors
    /// If no thread can be started that makes them.
    pub(crate) fn batches(
        &self,
        session: &Session,
    ) -> Result<BatchesAhead<TrainingRows, TrainingBatch>, TrainError> {
        let steps = session.state.position.step..self.steps();
        let left = steps.flat_map(|step| self.batches_of(step));
        session.batches.training_batches(self.epoch, left)
    }

    /// The batches of a step.
    pub(crate) fn batches_of(&self, step: u32) -> Vec<TrainingRows> {
        let batch_size = self.training.batch_size.max(1) as usize;
        let mut batches = Vec::new();
        let rows = self.rows(step).unwrap_or_default();
        for (rows, number) in rows.chunks(batch_size).zip(self.first_batch(step)..) {
            let rows = rows.to_vec();
            batches.push(TrainingRows { rows, number });
        }
        batches
    }

    /// The last step that was taken once `done` steps are done; 0 if none is.
    pub(crate) fn last_step(&self, done: u32) -> u32 {
        done.min(self.steps()).saturating_sub(1)
    }

    /// Number of a step within its phase.
    pub(crate) fn step_of_phase(&self, step: u32) -> u64 {
        u64::from(self.epoch_of_phase) * u64::from(self.steps()) + u64::from(step)
    }

    /// Number of a step over the whole job.
    pub(crate) fn step_of_job(&self, step: u32) -> u64 {
        u64::from(self.epoch) * u64::from(self.steps()) + u64::from(step)
    }

    /// Number over the whole job of a step's first batch.
    fn first_batch(&self, step: u32) -> u64 {
        let batch_size = self.training.batch_size.max(1) as usize;
        let batches = self.order.len().div_ceil(batch_size) as u64;
        u64::from(self.epoch) * batches + u64::from(step) * u64::from(self.training.accumulate)
    }
}

/// Keeps what frozen layers make of the images, if every epoch of the phase has the same ones.
fn keep_features(session: &mut Session) {
    let steps = &session.job().question.configuration.augment.steps;
    let network = &session.state.network;
    session.features.enter_epoch(network, steps.is_empty());
}
