//! What the steps of an epoch have measured, until it is read.

use crate::error::End;
use convsweep_nn::{Device, Gradients, Scalar, read, works_apart};
use convsweep_spec::checkpoint::Position;
use convsweep_spec::outcome::Outcome;

/// Steps after which the measurements are read on a device that works apart. Reading them waits for
/// the device, which then waits for the host.
const STEPS_UNREAD: usize = 16;

/// Mean loss of a step above which training has diverged: no network recovers from giving the true
/// classes a probability of e^-10,000.
const LARGEST_LOSS: f64 = 1e4;

/// Measurements of steps that have not been read yet.
#[derive(Debug)]
pub(crate) struct Measurements {
    unread: Vec<StepMeasurement>,
    /// Number of steps after which they are read.
    every: usize,
}

/// What a step has measured.
#[derive(Debug)]
struct StepMeasurement {
    /// Number of the step in its epoch.
    step: u32,
    learning_rate: f64,
    images: usize,
    /// Sum of the losses, images classified correctly, norm of the gradients.
    values: [Scalar; 3],
}

impl Measurements {
    /// Read after each step where `device` is the host.
    pub(crate) fn new(device: &Device) -> Self {
        Measurements {
            unread: vec![],
            every: if works_apart(device) { STEPS_UNREAD } else { 1 },
        }
    }

    /// Notes what the current step has measured, and reads it when it is time.
    ///
    /// # Errors
    /// If training has diverged.
    pub(crate) fn note(
        &mut self,
        position: &mut Position,
        gradients: &Gradients,
        norm: &Scalar,
        learning_rate: f64,
        images: usize,
    ) -> Result<(), End> {
        let values = [&gradients.loss_sum, &gradients.correct, norm].map(Scalar::clone);
        self.unread.push(StepMeasurement {
            step: position.step,
            learning_rate,
            images,
            values,
        });
        match self.unread.len() < self.every {
            true => Ok(()),
            false => self.read(position),
        }
    }

    /// Reads what has not been read and adds it to the sums of the epoch.
    ///
    /// # Errors
    /// If training has diverged: the first step whose loss has exploded, or whose loss or gradients
    /// are not finite.
    pub(crate) fn read(&mut self, position: &mut Position) -> Result<(), End> {
        let unread = std::mem::take(&mut self.unread);
        let values = read(unread.iter().flat_map(|step| &step.values));
        for (step, values) in unread.iter().zip(values.chunks_exact(3)) {
            let [loss_sum, correct, norm] = [values[0], values[1], values[2]];
            let is_finite = loss_sum.is_finite() && norm.is_finite();
            if !is_finite || loss_sum > LARGEST_LOSS * step.images as f64 {
                let mean_loss = loss_sum / step.images as f64;
                return Err(End::Outcome(Outcome::Diverged {
                    epoch: position.epoch,
                    step: step.step,
                    learning_rate: step.learning_rate,
                    loss: is_finite.then_some(mean_loss),
                }));
            }
            add(position, loss_sum, correct, norm);
        }
        Ok(())
    }
}

/// Adds what a step has measured to the sums of the epoch.
pub(crate) fn add(position: &mut Position, loss_sum: f64, correct: f64, norm: f64) {
    let sums = &mut position.partial;
    sums.loss_sum += loss_sum;
    sums.correct += correct as u64;
    sums.gradient_norm_sum += norm;
}
