//! The end of an epoch: its metrics are recorded and reported, and the position moves to the next.

use crate::epoch_plan::EpochPlan;
use crate::error::End;
use crate::session::Session;
use convsweep_spec::checkpoint::{EpochMetrics, Partial};
use convsweep_spec::metric::{self, Number};
use std::collections::BTreeMap;
use std::time::Instant;

/// Means over the steps of the epoch, and the learning rate of the last of them.
pub(crate) fn training_values(session: &Session, learning_rate: f64) -> Vec<(&'static str, f64)> {
    let position = &session.state.position;
    let sums = &position.partial;
    let images = sums.images as f64;
    let gradient_norm = sums.gradient_norm_sum / f64::from(position.step.max(1));
    vec![
        (metric::TRAIN_LOSS, sums.loss_sum / images),
        (metric::TRAIN_ACCURACY, sums.correct as f64 / images),
        (metric::LEARNING_RATE, learning_rate),
        (metric::GRADIENT_NORM, gradient_norm),
        (metric::IMAGES_PER_SECOND, images / sums.seconds.max(1e-9)),
    ]
}

/// Completes the epoch that began at `started` with these values, keeps its network if it is the
/// best one so far, and reports the metrics.
pub(crate) fn finish_epoch(
    session: &mut Session,
    plan: &EpochPlan,
    values: Vec<(&'static str, f64)>,
    started: Instant,
) -> Result<(), End> {
    let mut named = BTreeMap::new();
    for (name, value) in values {
        named.insert(name.to_string(), Number(value));
    }
    let seconds = started.elapsed().as_secs_f64();
    named.insert(metric::EPOCH_SECONDS.into(), Number(seconds));
    if let Some(metric) = &session.training().best {
        let best_epoch = session.state.keep_if_best(metric, &named);
        named.insert(metric::BEST_EPOCH.into(), Number(best_epoch));
    }
    let position = &mut session.state.position;
    let metrics = EpochMetrics {
        phase: plan.phase_index as u32,
        epoch: plan.epoch + 1,
        step: plan.step_of_job(position.step),
        values: named,
    };
    position.epoch = plan.epoch + 1;
    position.step = 0;
    position.partial = Partial::default();
    position.history.push(metrics.clone());
    session.unjudged_epoch = Some(metrics.epoch);
    session.attempt.report(metrics.into())?;
    session.attempt.failpoints.hit("metrics");
    Ok(())
}
