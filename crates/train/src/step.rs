//! One optimiser step: the gradients over its batches, the update, and the sums that are kept.

use crate::batches::{BatchesAhead, TrainingBatch, TrainingRows};
use crate::epoch_plan::EpochPlan;
use crate::error::{End, TrainError};
use crate::features::FeatureImages;
use crate::session::Session;
use convsweep_data::Subset;
use convsweep_nn::optimizer::clip;
use convsweep_nn::{Gradients, Scalar, works_apart};
use convsweep_spec::event::Event;
use std::time::{Duration, Instant};

/// Least time between two progress events.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);

/// Losses and mean gradients over the batches of the current step. Running statistics are updated
/// batch by batch, the parameters are not.
pub(crate) fn gradients(
    session: &mut Session,
    plan: &EpochPlan,
    batches: &mut BatchesAhead<TrainingRows, TrainingBatch>,
) -> Result<Gradients, TrainError> {
    let mut total: Option<Gradients> = None;
    let mut images = 0;
    for batch in plan.batches_of(session.state.position.step) {
        let (count, number) = (batch.rows.len(), batch.number);
        let mut gradients = match session.features.operations() {
            Some(frozen) => gradients_from_features(session, frozen, &batch.rows, number)?,
            None => batch_gradients(session, batches.take(batch)?, number),
        };
        session.state.network.update_statistics(&mut gradients);
        match &mut total {
            None => total = Some(gradients),
            Some(total) => total.merge(images, gradients, count),
        }
        images += count;
    }
    session.attempt.failpoints.hit("gradients");
    Ok(total.unwrap_or_default())
}

/// Loss and gradients over one batch: forward, backward. `number` counts the batches of the whole
/// job.
fn batch_gradients(session: &Session, batch: TrainingBatch, number: u64) -> Gradients {
    let seed = session.job().question.seed;
    let network = &session.state.network;
    let images = batch.images.on(network.device());
    network.gradients_of_images(&batch.targets, images, seed, number)
}

/// Loss and gradients over one batch of images that are neither augmented nor mixed, from what the
/// network's first operations, which are `frozen`, make of them.
fn gradients_from_features(
    session: &mut Session,
    frozen: usize,
    rows: &[u32],
    number: u64,
) -> Result<Gradients, TrainError> {
    let seed = session.job().question.seed;
    session.open_features(FeatureImages::Training)?;
    let (data, network) = (&session.data, &session.state.network);
    let features = match session.features.kept(FeatureImages::Training, rows) {
        Some(kept) => kept,
        None => {
            let images = FeatureImages::Training;
            let computed = session.features.compute(network, data, images, rows)?;
            session.attempt.failpoints.hit("features");
            computed
        }
    };
    let mut labels = Vec::new();
    data.batcher.labels(Subset::Training, rows, &mut labels);
    let targets = data.objective.targets(&labels, None);
    Ok(network.gradients_from(frozen, &features, &targets, seed, number))
}

/// Updates the parameters, and the moving average of the weights if the job has one, and counts
/// the step. `norm` is the norm of all gradients together, `rate` the learning rate.
pub(crate) fn update(
    session: &mut Session,
    plan: &EpochPlan,
    gradients: Gradients,
    norm: &Scalar,
    rate: f64,
    images: usize,
) {
    let ema = session.training().ema;
    let optimizer = &plan.phase.optimizer;
    let state = &mut session.state;
    let clipped = match optimizer.clip_norm {
        Some(largest) => clip(gradients.gradients, norm, largest),
        None => gradients.gradients,
    };
    let network = &mut state.network;
    state.optimizer.step(optimizer, rate, network, clipped);
    if let (Some(average), Some(decay)) = (&mut state.average, ema) {
        let steps_done = plan.step_of_job(state.position.step) + 1;
        average.update(&state.network, decay, steps_done);
    }
    let position = &mut state.position;
    position.step += 1;
    position.partial.images += images as u64;
}

/// After the steps of an epoch: waits for those that the device has still to do, which is part of
/// their time.
pub(crate) fn await_device(session: &mut Session) -> Result<(), End> {
    let started = Instant::now();
    session.read_measurements()?;
    if works_apart(session.state.network.device()) {
        session.state.position.partial.seconds += started.elapsed().as_secs_f64();
    }
    Ok(())
}

/// After a step: adds its time, writes a checkpoint if one is due, and reports progress.
pub(crate) fn finish(
    session: &mut Session,
    plan: &EpochPlan,
    images: usize,
    timer: &mut StepTimer,
) -> Result<(), End> {
    let position = &mut session.state.position;
    position.partial.seconds += timer.step_started.elapsed().as_secs_f64();
    let step = position.step;
    session.attempt.failpoints.hit("step");
    if step < plan.steps() {
        session.checkpoint_after_step()?;
    }
    if let Some(images_per_second) = timer.speed_to_report(images) {
        session.attempt.report(Event::Progress {
            epoch: plan.epoch,
            step,
            steps: plan.steps(),
            epochs: session.training().epochs(),
            images_per_second,
        })?;
    }
    Ok(())
}

/// Times steps, and measures the speed between two progress events.
pub(crate) struct StepTimer {
    step_started: Instant,
    last_report: Instant,
    images_since_report: usize,
}

impl StepTimer {
    pub(crate) fn start() -> Self {
        StepTimer {
            step_started: Instant::now(),
            last_report: Instant::now(),
            images_since_report: 0,
        }
    }

    pub(crate) fn begin_step(&mut self) {
        self.step_started = Instant::now();
    }

    /// Counts a step; images per second if it is time to report them.
    fn speed_to_report(&mut self, images: usize) -> Option<f64> {
        self.images_since_report += images;
        let elapsed = self.last_report.elapsed();
        if elapsed < PROGRESS_INTERVAL {
            return None;
        }
        let speed = self.images_since_report as f64 / elapsed.as_secs_f64();
        self.last_report = Instant::now();
        self.images_since_report = 0;
        Some(speed)
    }
}
